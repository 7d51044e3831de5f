"""How far the marked picture is from the original: PSNR, SSIM, SSIMULACRA2, by tool."""
