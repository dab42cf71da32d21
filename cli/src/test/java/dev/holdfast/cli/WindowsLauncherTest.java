package dev.holdfast.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The start script for Windows against the other one. No Windows takes part: this holds what both
 * must have in common, and what cmd.exe demands of a script's text.
 */
class WindowsLauncherTest {
  private static final Pattern OWN_DEPENDENCY =
      Pattern.compile(
          "<artifactId>holdfast-([a-z-]+)</artifactId>(?!(?s:(?!</dependency>).)*<scope>test)");
  private static final Path ROOT = Path.of(System.getProperty("holdfast.root"));

  private final String sh = read("holdfast");
  private final String cmd = read("holdfast.cmd");

  @Test
  void bothLookAtTheSameModules() {
    var modules = Pattern.compile("for (?:module|%%m) in \\(?([a-z -]+)\\)?(?:;| do)");
    assertThat(all(modules, cmd)).hasSize(1).isEqualTo(all(modules, sh));
    var built = new TreeSet<String>();
    addWithDependencies("cli", built);
    assertThat(Set.of(all(modules, sh).iterator().next().split(" "))).isEqualTo(built);
  }

  /** Adds a module and those of this project that it needs. */
  private static void addWithDependencies(String module, Set<String> all) {
    if (all.add(module)) {
      var needed = all(OWN_DEPENDENCY, read(module + "/pom.xml"));
      needed.forEach(name -> addWithDependencies(name, all));
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "cli/target/run",
        "cli/target/build.log",
        "cli/target/quick/holdfast-cli.jar",
        "cli/target/quick/lib",
        "HOLDFAST_JAVA_HOME: must be the home of a JDK 21 or newer, was ",
        "-pl cli -am",
        "-Dmaven.test.skip=true",
        "-XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Xlog:disable",
        "-XX:+UseParallelGC -Xlog:disable",
        "-XX:AOTCacheOutput",
        "-XX:AOTCache",
        "-XX:ArchiveClassesAtExit",
        "-XX:SharedArchiveFile",
        "-XX:+UseCompactObjectHeaders",
        "-XX:+UseStringDeduplication",
        "--sun-misc-unsafe-memory-access=allow",
        "demo --seed 1",
        "HOLDFAST_UNPACED",
        "-Dholdfast.terminal=",
        "-Dholdfast.columns=",
        "-Dholdfast.glyphs=",
        "-Dholdfast.stdin=",
        "building holdfast (first run: some 15 s, longer while Maven downloads) ...",
        "building holdfast (sources changed) ...",
        "it needs the network once, for Maven Central, which cannot be reached",
      })
  void bothHave(String text) {
    assertThat(sh.replace("$root/", "")).contains(text);
    assertThat(cmd.replace('\\', '/').replace("^", "").replace("%root%/", "")).contains(text);
  }

  @Test
  void bothNeedTheSameJdk() {
    assertThat(sh).contains("-ge 21 ]");
    assertThat(cmd).contains("if %feature% LSS 21 (");
    assertThat(read(".mvn/jdk")).contains("-ge 21 ]");
    assertThat(read(".mvn/jdk.cmd")).contains("best_feature=20", "if %feature% LSS 21 goto");
    String advice = "found none: install one (https://adoptium.net) or set JAVA_HOME to it.";
    assertThat(read(".mvn/jdk")).contains(advice);
    assertThat(read(".mvn/jdk.cmd")).contains(advice);
  }

  @Test
  void theSameExitCodesAreGiven() {
    // 2 for what the caller can mend, else that of the command.
    assertThat(all(Pattern.compile("\\bexit (\\d)\\n? *2?"), sh)).contains("2");
    assertThat(cmd).contains("exit /b %ERRORLEVEL%\r\n");
    assertThat(all(Pattern.compile("if errorlevel 1 exit /b (\\d)"), cmd)).contains("1", "2");
  }

  @ParameterizedTest
  @ValueSource(strings = {"holdfast.cmd", ".mvn/jdk.cmd"})
  void aBatchFileHasItsLineEndsAndLabels(String name) {
    String script = read(name);
    // cmd.exe may miss a label where lines end in a line feed alone.
    assertThat(script.replace("\r\n", "")).doesNotContain("\n", "\r");
    assertThat(script).doesNotContain("\t").isASCII();
    var labels = all(Pattern.compile("(?m)^:(\\w+)"), script);
    assertThat(labels)
        .isEqualTo(all(Pattern.compile("(?:goto |call :)(\\w+)"), script))
        .isNotEmpty();
    assertThat(script.lines().filter(line -> !line.startsWith("rem ")))
        .allMatch(line -> count(line, '"') % 2 == 0, "has an even number of quotes");
    // A path with a parenthesis ends a block that holds it without quotes.
    assertThat(script.lines().filter(line -> line.contains("%jdk%") || line.contains("%root%")))
        .allMatch(line -> line.matches(".*\"[^\"]*%(jdk|root)[%:][^\"]*\".*"));
  }

  @Test
  void nothingButTheCommandsOwnLineTakesTheArguments() {
    assertThat(cmd.lines().filter(line -> line.contains("%*")))
        .singleElement()
        .asString()
        .startsWith("\"%jdk%\\bin\\java.exe\" ")
        .endsWith(" -jar \"%run%\\holdfast-cli.jar\" %*");
    // Else an exclamation mark of a prompt would be taken for a variable's.
    assertThat(cmd).contains("DisableDelayedExpansion");
  }

  private static Set<String> all(Pattern pattern, String text) {
    var groups = new TreeSet<String>();
    pattern.matcher(text).results().map(match -> match.group(1).strip()).forEach(groups::add);
    return groups;
  }

  private static long count(String line, char wanted) {
    return line.chars().filter(c -> c == wanted).count();
  }

  private static String read(String name) {
    try {
      return Files.readString(ROOT.resolve(name), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }
}
