"""What the marks of image, audio and video share: code, frame, transforms, the null law."""
