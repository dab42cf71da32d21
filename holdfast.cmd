@echo off
rem Runs the holdfast command from a clone, on Windows. Needs a JDK 21 or newer; builds what it needs on the first run
rem and again when a source changed. docs/cli.md has the details. The script "holdfast" does the same elsewhere.
setlocal EnableExtensions DisableDelayedExpansion

rem The clone, wherever this was called from, without the backslash at the end.
set "root=%~dp0"
set "root=%root:~0,-1%"
set "run=%root%\cli\target\run"

rem The JDK: HOLDFAST_JAVA_HOME rules; otherwise the build's own search decides.
if defined HOLDFAST_JAVA_HOME (
  set "jdk=%HOLDFAST_JAVA_HOME%"
) else (
  set "jdk="
  for /f "delims=" %%j in ('call "%root%\.mvn\jdk.cmd"') do set "jdk=%%j"
)
if not defined jdk exit /b 2
set "feature=0"
set "runtime="
if exist "%jdk%\bin\java.exe" if exist "%jdk%\release" (
  for /f "usebackq tokens=2 delims==" %%v in (`findstr /b /c:"JAVA_VERSION=" "%jdk%\release"`) do (
    for /f "delims=.-+_ " %%f in ("%%~v") do set /a feature=%%f
  )
  for /f "usebackq tokens=2 delims==" %%v in (`findstr /b /c:"JAVA_RUNTIME_VERSION=" "%jdk%\release"`) do set "runtime=%%~v"
)
if %feature% LSS 21 (
  echo holdfast: HOLDFAST_JAVA_HOME: must be the home of a JDK 21 or newer, was "%jdk%" 1>&2
  exit /b 2
)

call :up_to_date
if errorlevel 1 (
  call :build
  if errorlevel 1 exit /b 2
)

rem Quick to start, one small heap, and no word of the JVM's on stdout.
set "flags=-XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Xlog:disable"
set "cache=-Xshare:auto"
if "%~1"=="simulate" (
  rem A long computation: the optimising compiler and a collector on all processors.
  set "flags=-XX:+UseParallelGC -Xlog:disable"
) else if "%~1"=="serve" (
  rem A server for long: the optimising compiler, and every stream is many small objects.
  set "flags=-XX:+UseSerialGC -Xlog:disable"
  if %feature% GEQ 25 set "flags=-XX:+UseSerialGC -Xlog:disable -XX:+UseCompactObjectHeaders -XX:+UseStringDeduplication --sun-misc-unsafe-memory-access=allow"
) else (
  call :startup_cache
)

rem Colours need a console that reads escape sequences. Java itself finds out whether stdout is one.
set "terminal="
if defined WT_SESSION set "terminal=detect"
if "%ConEmuANSI%"=="ON" set "terminal=detect"
if defined TERM set "terminal=detect"
set "columns=80"
set "numbers=0"
if defined terminal for /f "tokens=2 delims=:" %%c in ('mode con 2^>nul') do call :column %%c
set "glyphs=ascii"
for /f "tokens=2 delims=:." %%p in ('chcp 2^>nul') do for /f %%n in ("%%p") do if "%%n"=="65001" set "glyphs=unicode"

"%jdk%\bin\java.exe" %flags% "%cache%" -Dholdfast.terminal=%terminal% -Dholdfast.columns=%columns% -Dholdfast.glyphs=%glyphs% -Dholdfast.stdin=open -jar "%run%\holdfast-cli.jar" %*
exit /b %ERRORLEVEL%

rem "mode con" lists lines, columns and more, in the language of the system: the second number is the width.
:column
set /a numbers+=1
if %numbers%==2 set /a columns=%1
exit /b 0

rem 0 if the build is that of the sources. robocopy /L only lists: its exit code is 0 where nothing was added, changed
rem or deleted since the copy that the build made.
:up_to_date
if not exist "%run%\stamp" exit /b 1
fc /b "%root%\pom.xml" "%run%\sources\pom.xml" >nul 2>&1
if errorlevel 1 exit /b 1
for %%m in (core client testkit observe journal journal-redis netty gateway cli) do (
  fc /b "%root%\%%m\pom.xml" "%run%\sources\%%m\pom.xml" >nul 2>&1
  if errorlevel 1 exit /b 1
  robocopy "%root%\%%m\src\main" "%run%\sources\%%m\main" /MIR /L /NJH /NJS /NDL /NFL /NC /NS /NP /R:1 /W:1 >nul 2>&1
  if errorlevel 1 exit /b 1
)
exit /b 0

:build
setlocal
if exist "%run%\" (
  echo building holdfast ^(sources changed^) ... 1>&2
) else (
  echo building holdfast ^(first run: some 15 s, longer while Maven downloads^) ... 1>&2
)
set "fresh=%root%\cli\target\run.%RANDOM%%RANDOM%"
mkdir "%fresh%\sources" >nul 2>&1
if not exist "%fresh%\sources\" (
  echo holdfast: the first build and each after a change must be able to write to "%root%" 1>&2
  exit /b 1
)
rem Copied before the build, so that an edit made during it counts as newer.
copy /y "%root%\pom.xml" "%fresh%\sources\pom.xml" >nul
for %%m in (core client testkit observe journal journal-redis netty gateway cli) do (
  robocopy "%root%\%%m\src\main" "%fresh%\sources\%%m\main" /MIR /NJH /NJS /NDL /NFL /NC /NS /NP /R:1 /W:1 >nul 2>&1
  copy /y "%root%\%%m\pom.xml" "%fresh%\sources\%%m\pom.xml" >nul
)
rem Format, static analysis and tests are not part of a user's first minute.
set "log=%root%\cli\target\build.log"
pushd "%root%"
set "JAVA_HOME=%jdk%"
call "%root%\mvnw.cmd" -q -B "-P!format,quick" -pl cli -am "-Dmaven.test.skip=true" package <nul >"%log%" 2>&1
set "built=%ERRORLEVEL%"
popd
if not "%built%"=="0" (
  rmdir /s /q "%fresh%" >nul 2>&1
  goto failed
)
rem A copy of its own, which no later Maven run rewrites under a running process or a cache.
copy /y "%root%\cli\target\quick\holdfast-cli.jar" "%fresh%\" >nul
xcopy /e /i /q /y "%root%\cli\target\quick\lib" "%fresh%\lib" >nul
type nul >"%fresh%\stamp"
rem A folder with an open file cannot be moved, so a running holdfast keeps its own.
set "old=%root%\cli\target\old.%RANDOM%%RANDOM%"
if exist "%run%\" move "%run%" "%old%" >nul 2>&1
if exist "%run%\" (
  echo holdfast: "%run%" is in use by another holdfast: end it, then start again 1>&2
  rmdir /s /q "%fresh%" >nul 2>&1
  exit /b 1
)
move "%fresh%" "%run%" >nul
set "moved=%ERRORLEVEL%"
if exist "%old%\" rmdir /s /q "%old%" >nul 2>&1
exit /b %moved%

rem Prints in one line why the build failed.
:failed
set "why="
findstr /i /c:"unknown host" /c:"unknownhost" /c:"could not transfer" /c:"failed to fetch" /c:"connection refused" /c:"connection reset" /c:"connection timed out" /c:"offline mode" "%log%" >nul 2>&1
if not errorlevel 1 set "why=it needs the network once, for Maven Central, which cannot be reached"
for /f "usebackq delims=" %%e in (`findstr /b /c:"[ERROR]" "%log%"`) do if not defined why set "why=%%e"
if not defined why set "why=no reason was given"
setlocal EnableDelayedExpansion
echo holdfast: the build failed: !why! ^(all of it: "!log!"^) 1>&2
exit /b 1

rem Sets cache to the use of the start-up cache of this JDK, and makes it where it is missing. Failing to is no failure:
rem the command then starts a little slower.
:startup_cache
set "stem=%run%\jdk-%feature%-%runtime%"
rem JDK 25 makes an ahead-of-time cache in one step; older ones archive classes (AppCDS).
if %feature% GEQ 25 (
  set "file=%stem%.aot"
  set "make=-XX:AOTCacheOutput"
  set "use=-XX:AOTCache"
) else (
  set "file=%stem%.jsa"
  set "make=-XX:ArchiveClassesAtExit"
  set "use=-XX:SharedArchiveFile"
)
if exist "%file%" goto cached
if exist "%stem%.failed" exit /b 0
set "unpaced=%HOLDFAST_UNPACED%"
set "HOLDFAST_UNPACED=1"
set "made=%file%.%RANDOM%"
"%jdk%\bin\java.exe" %flags% "%make%=%made%" "-XX:ErrorFile=%made%.log" -XX:-CreateCoredumpOnCrash -jar "%run%\holdfast-cli.jar" demo --seed 1 <nul >nul 2>&1
set "HOLDFAST_UNPACED=%unpaced%"
move /y "%made%" "%file%" >nul 2>&1
if not exist "%file%" (
  type nul >"%stem%.failed"
  exit /b 0
)
:cached
set "cache=%use%=%file%"
exit /b 0
