@echo off
rem Prints the home of a JDK 21 or later, or says in one sentence what to install. For Windows; .mvn/jdk does the
rem same elsewhere. %JAVA_HOME% if it is one, else the newest one installed.
setlocal EnableExtensions DisableDelayedExpansion

if not defined JAVA_HOME goto search
call :feature "%JAVA_HOME%"
if %feature% LSS 21 goto search
set "best=%JAVA_HOME%"
goto found

:search
set "best="
set /a best_feature=20
rem The JDK of the path, then the folders of the installers and of the tools that fetch JDKs.
for /f "delims=" %%p in ('where javac 2^>nul') do call :consider "%%~dpp.."
rem HOLDFAST_JDKS: further homes, each in quotes if it has spaces, separated by spaces.
if defined HOLDFAST_JDKS for %%d in (%HOLDFAST_JDKS%) do call :consider "%%~d"
for %%r in (
  "%ProgramFiles%\Java"
  "%ProgramFiles%\Eclipse Adoptium"
  "%ProgramFiles%\Microsoft"
  "%ProgramFiles%\Zulu"
  "%ProgramFiles%\Amazon Corretto"
  "%ProgramFiles%\BellSoft"
  "%ProgramFiles%\SapMachine"
  "%LOCALAPPDATA%\Programs\Eclipse Adoptium"
  "%USERPROFILE%\.jdks"
  "%USERPROFILE%\.gradle\jdks"
  "%USERPROFILE%\.sdkman\candidates\java"
  "%USERPROFILE%\scoop\apps"
) do for /d %%d in ("%%~r\*") do (
  call :consider "%%~d"
  call :consider "%%~d\current"
)
if defined best goto found
echo Holdfast needs a JDK 21 or later and found none: install one (https://adoptium.net) or set JAVA_HOME to it. 1>&2
exit /b 1

rem Through a variable of "for", which takes every character of a path as it is.
:found
for %%b in ("%best%") do echo %%~b
exit /b 0

rem Keeps the home %1 if it is a newer JDK than the best one so far.
:consider
call :feature "%~1"
if %feature% LEQ %best_feature% exit /b 0
set "best=%~f1"
set "best_feature=%feature%"
exit /b 0

rem Sets feature to the feature version of the JDK at %1, or to 0 if there is none. A JDK names it in the file "release".
:feature
set "feature=0"
if not exist "%~1\bin\javac.exe" exit /b 0
if not exist "%~1\release" exit /b 0
for /f "usebackq tokens=2 delims==" %%v in (`findstr /b /c:"JAVA_VERSION=" "%~1\release"`) do (
  for /f "delims=.-+_ " %%f in ("%%~v") do set /a feature=%%f
)
exit /b 0
