@echo off
rem For "Send to": put this file, or a shortcut to it, into the folder that "shell:sendto" opens in the Explorer.
rem Marks the chosen files; photo.jpg becomes photo.stamped.jpg beside it.
setlocal
if "%~1"=="" (
  echo Choose files in the Explorer, and send them here.
  pause
  exit /b 2
)
stamp embed --quiet -- %*
if errorlevel 1 (
  echo.
  echo Not all files were marked: see above.
  pause
  exit /b 3
)
