package dev.holdfast.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The script at the root, with a Maven and a JDK that only write down how they were called. */
class LauncherTest {
  private static final Path SCRIPT = Path.of(System.getProperty("holdfast.root"), "holdfast");

  @TempDir private Path temp;
  private Path clone;
  private Path jdk;

  /** What a process left behind. */
  private record Done(int code, String out, String err) {}

  @BeforeEach
  void makeAClone() throws IOException {
    assumeTrue(Files.isExecutable(Path.of("/bin/sh")), "there is no /bin/sh");
    clone = Files.createDirectories(temp.resolve("a clone"));
    script(clone.resolve("holdfast"), Files.readString(SCRIPT));
    jdk = fakeJdk("25.0.1");
    script(clone.resolve(".mvn/jdk"), "#!/bin/sh\necho '%s'\n".formatted(jdk));
    script(
        clone.resolve("mvnw"),
        """
        #!/bin/sh
        echo "$*" >>mvnw.log
        mkdir -p cli/target/quick/lib
        echo jar >cli/target/quick/holdfast-cli.jar
        """);
    file(clone.resolve("pom.xml"));
    for (String module : List.of("core", "client", "testkit", "cli")) {
      file(clone.resolve(module + "/pom.xml"));
      file(clone.resolve(module + "/src/main/java/A.java"));
    }
  }

  @Test
  void theFirstRunBuildsAndTheSecondDoesNot() throws Exception {
    Done first = run("demo");
    assertThat(first.err())
        .isEqualTo("building holdfast (first run: some 15 s, longer while Maven downloads) ...\n");
    assertThat(first.code()).isZero();
    Done second = run("demo");
    assertThat(second.err()).isEmpty();
    assertThat(second.out()).endsWith("[demo]\n");
    assertThat(builds()).hasSize(1);
  }

  @Test
  void buildsNeitherBenchmarksNorTests() throws Exception {
    run("--version");
    assertThat(builds().getFirst()).contains("-pl cli -am").contains("-Dmaven.test.skip=true");
  }

  @Test
  void aChangedSourceIsBuiltAgain() throws Exception {
    run("demo");
    Files.setLastModifiedTime(
        clone.resolve("core/src/main/java/A.java"), FileTime.from(Instant.now().plusSeconds(60)));
    assertThat(run("demo").err()).isEqualTo("building holdfast (sources changed) ...\n");
    assertThat(builds()).hasSize(2);
  }

  @Test
  void runsTheJarThatItCopiedSoThatALaterBuildCannotReplaceIt() throws Exception {
    run("demo");
    Files.writeString(
        clone.resolve("cli/target/quick/holdfast-cli.jar"), "rewritten by another build");
    assertThat(run("demo").out())
        .contains("[-jar][" + clone.toRealPath() + "/cli/target/run/holdfast-cli.jar]");
    assertThat(clone.resolve("cli/target/run/holdfast-cli.jar")).hasContent("jar\n");
  }

  @Test
  void makesTheStartUpCacheOnceAndUsesIt() throws Exception {
    String cache = "[-XX:AOTCache=" + clone.toRealPath() + "/cli/target/run/jdk-25-";
    assertThat(run("demo").out()).contains(cache);
    assertThat(run("demo").out()).contains(cache);
    assertThat(Files.readAllLines(jdk.resolve("training.log"))).hasSize(1);
  }

  @Test
  void aJvmThatCrashesOverItsCacheLeavesNothingInTheWorkingDirectory() throws Exception {
    run("demo");
    assertThat(Files.readAllLines(jdk.resolve("training.log")))
        .singleElement()
        .asString()
        .contains(" -XX:ErrorFile=" + clone.toRealPath() + "/cli/target/run/jdk-25-")
        .contains(" -XX:-CreateCoredumpOnCrash ");
  }

  @Test
  void theServerHasAStartUpCacheOfItsOwnAndSmallObjects() throws Exception {
    run("demo");
    assertThat(run("serve").out()).contains("[-Xshare:auto]").doesNotContain(".aot]");
    awaitCache("-serve.aot");
    String served = run("serve").out();
    assertThat(served)
        .contains(
            "[-XX:+UseCompactObjectHeaders][-XX:+UseStringDeduplication]"
                + "[--sun-misc-unsafe-memory-access=allow]")
        .contains("-serve.aot]");
    assertThat(served).doesNotContain("TieredStopAtLevel");
    assertThat(Files.readAllLines(jdk.resolve("training.log"))).hasSize(2);
    script(clone.resolve(".mvn/jdk"), "#!/bin/sh\necho '%s'\n".formatted(fakeJdk("21")));
    assertThat(run("serve").out())
        .doesNotContain("UseCompactObjectHeaders")
        .doesNotContain("UseStringDeduplication")
        .doesNotContain("unsafe");
    awaitCache("-serve.jsa");
  }

  /** Otherwise each start copies it to the folder for temporary files, which may forbid that. */
  @Test
  void theLibraryOfEpollIsAFileThatJavaFinds() throws Exception {
    assumeTrue(System.getProperty("os.name").equals("Linux"), "epoll is of Linux");
    script(
        clone.resolve("mvnw"),
        Files.readString(clone.resolve("mvnw"))
            + """
            machine=$(uname -m | sed 's/^aarch64$/aarch_64/')
            echo jar >"cli/target/quick/lib/netty-transport-native-epoll-4-linux-$machine.jar"
            """);
    script(
        jdk.resolve("bin/jar"),
        """
        #!/bin/sh
        case $1,$2,$3 in
          xf,lib/netty-transport-native-epoll-4-linux-*.jar,META-INF/native) ;;
          *) exit 1 ;;
        esac
        mkdir -p META-INF/native && echo library >META-INF/native/libepoll.so
        """);
    Path natives = clone.toRealPath().resolve("cli/target/run/native");
    assertThat(run("serve").out()).contains("[-Djava.library.path=" + natives + "]");
    assertThat(natives.resolve("libepoll.so")).hasContent("library");
    assertThat(clone.resolve("cli/target/run/META-INF")).doesNotExist();
  }

  /** The first server does not wait for its cache, which is made meanwhile. */
  private void awaitCache(String end) throws IOException {
    Path run = clone.resolve("cli/target/run");
    while (true) {
      try (var files = Files.list(run)) {
        if (files.anyMatch(file -> file.getFileName().toString().endsWith(end))) {
          return;
        }
      }
      LockSupport.parkNanos(10_000_000);
    }
  }

  @Test
  void eachBuildOfAJdkHasAStartUpCacheOfItsOwn() throws Exception {
    for (String build : List.of("Temurin-25.0.1+8", "Zulu25.30+17-CA", "odd/one \\ two")) {
      Files.writeString(
          jdk.resolve("release"),
          "JAVA_VERSION=\"25.0.1\"\nIMPLEMENTOR_VERSION=\"" + build + "\"\n");
      assertThat(run("demo").out())
          .contains(
              "/cli/target/run/jdk-25-" + build.replaceAll("[^A-Za-z0-9.+_-].*", "") + ".aot]");
    }
    assertThat(Files.readAllLines(jdk.resolve("training.log"))).hasSize(3);
  }

  @Test
  void archivesClassesWhereTheJdkHasNoAheadOfTimeCache() throws Exception {
    script(clone.resolve(".mvn/jdk"), "#!/bin/sh\necho '%s'\n".formatted(fakeJdk("21")));
    assertThat(run("demo").out()).contains("[-XX:SharedArchiveFile=");
  }

  @Test
  void worksThroughASymbolicLinkAndFromAnywhere() throws Exception {
    Path link = Files.createSymbolicLink(temp.resolve("link"), clone.resolve("holdfast"));
    Path second = Files.createSymbolicLink(temp.resolve("second"), Path.of("link"));
    assertThat(start(temp, link.toString(), "inspect").out()).endsWith("[inspect]\n");
    assertThat(start(temp, second.toString(), "inspect").out()).endsWith("[inspect]\n");
    assertThat(start(clone.resolve("core"), "../holdfast", "inspect").out())
        .endsWith("[inspect]\n");
  }

  @Test
  void passesArgumentsOnUntouched() throws Exception {
    assertThat(run("chat", "two words", "", "*", "a\"b'c", "$HOME").out())
        .endsWith("[chat][two words][][*][a\"b'c][$HOME]\n");
  }

  @Test
  void aJdkThatIsTooOldIsRefusedInOneSentence() throws Exception {
    Path old = fakeJdk("17.0.15");
    var process = process(clone, clone + "/holdfast", "demo");
    process.environment().put("HOLDFAST_JAVA_HOME", old.toString());
    assertThat(finish(process))
        .isEqualTo(
            new Done(
                2,
                "",
                "holdfast: HOLDFAST_JAVA_HOME: must be the home of a JDK 21 or newer, was %s\n"
                    .formatted(old)));
  }

  @Test
  void aMissingJdkIsReportedInOneSentence() throws Exception {
    script(clone.resolve(".mvn/jdk"), "#!/bin/sh\necho 'install a JDK.' >&2\nexit 1\n");
    assertThat(run("demo")).isEqualTo(new Done(2, "", "install a JDK.\n"));
  }

  @Test
  void theModulesThatAreBuiltAreNamed() throws Exception {
    Path maven = clone.resolve("mvnw");
    String building =
        """
        echo '[INFO] Building Holdfast core 0.1.0-SNAPSHOT                          [2/8]'
        echo '[INFO] Building jar: Holdfast core.jar'
        """;
    script(maven, Files.readString(maven).replaceFirst("\n", "\n" + building));
    assertThat(run("demo").err())
        .isEqualTo(
            """
            building holdfast (first run: some 15 s, longer while Maven downloads) ...
              core (2 of 8)
            """);
  }

  @Test
  void aFailedBuildIsTriedAgainNextTime() throws Exception {
    script(clone.resolve("mvnw"), "#!/bin/sh\necho 'no luck' >&2\nexit 1\n");
    for (int i = 0; i < 2; i++) {
      Done done = run("demo");
      assertThat(done.code()).isEqualTo(2);
      assertThat(done.err())
          .isEqualTo(
              """
              building holdfast (first run: some 15 s, longer while Maven downloads) ...
              holdfast: the build failed: no luck (all of it: %s/cli/target/build.log)
              """
                  .formatted(clone.toRealPath()));
    }
    try (var left = Files.list(clone.resolve("cli/target"))) {
      assertThat(left.filter(path -> path.getFileName().toString().startsWith("run"))).isEmpty();
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          [ERROR] Failed to execute goal: Could not transfer artifact a:b:jar:1 from/to central: repo.maven.apache.org: Unknown host | it needs the network once, for Maven Central, which cannot be reached
          curl: (7) Failed to connect to repo.maven.apache.org port 443: Connection refused | it needs the network once, for Maven Central, which cannot be reached
          wget: Failed to fetch https://repo.maven.apache.org/x.zip | it needs the network once, for Maven Central, which cannot be reached
          [ERROR] Cannot access central in offline mode | it needs the network once, for Maven Central, which cannot be reached
          [ERROR] /a/B.java: No space left on device | no space is left on the disk
          [ERROR] COMPILATION ERROR :~[ERROR] /a/B.java:[1,2] ';' expected~[ERROR] -> [Help 1] | /a/B.java:[1,2] ';' expected
          """)
  void aFailedBuildIsReportedInOneSentence(String output, String reason) throws Exception {
    String lines = output.replace("~", "\n").replace("'", "'\\''");
    script(
        clone.resolve("mvnw"),
        "#!/bin/sh\nprintf '%%s\\n' '%s'\nprintf '[ERROR]  at more %%s\\n' 1 2 3\nexit 1\n"
            .formatted(lines));
    Done done = run("demo");
    assertThat(done.code()).isEqualTo(2);
    assertThat(done.err().lines().skip(1))
        .containsExactly(
            "holdfast: the build failed: %s (all of it: %s/cli/target/build.log)"
                .formatted(reason, clone.toRealPath()));
  }

  @Test
  void aCloneThatCannotBeWrittenIsReportedInOneSentence() throws Exception {
    Files.writeString(clone.resolve("cli/target"), "not a directory");
    Done done = run("demo");
    assertThat(done.code()).isEqualTo(2);
    assertThat(done.err().lines())
        .singleElement()
        .asString()
        .startsWith("holdfast: the first build and each after a change must be able to write to ")
        .contains(clone.toRealPath().toString());
  }

  @Test
  void closedStreamsAreNotGivenToTheNextFile() throws Exception {
    run("demo");
    String script = "'" + clone + "/holdfast' chat - ";
    assertThat(finish(process(temp, "-c", script + "<&-")).out())
        .contains("[-Dholdfast.stdin=closed]");
    assertThat(finish(process(temp, "-c", script + "</dev/null")).out())
        .contains("[-Dholdfast.stdin=open]");
    assertThat(finish(process(temp, "-c", script + ">&-")))
        .isEqualTo(new Done(2, "", "holdfast: stdout: must be open, was closed\n"));
    assertThat(finish(process(temp, "-c", script + "2>&-")).out()).endsWith("[chat][-]\n");
  }

  private Done run(String... arguments) throws Exception {
    return start(temp, clone + "/holdfast", arguments);
  }

  private Done start(Path directory, String script, String... arguments) throws Exception {
    return finish(process(directory, script, arguments));
  }

  private static ProcessBuilder process(Path directory, String script, String... arguments) {
    var line = new ArrayList<>(List.of("/bin/sh", script));
    line.addAll(List.of(arguments));
    var builder = new ProcessBuilder(line).directory(directory.toFile());
    builder.environment().remove("HOLDFAST_JAVA_HOME");
    return builder;
  }

  private Done finish(ProcessBuilder builder) throws Exception {
    Path out = temp.resolve("out");
    Path err = temp.resolve("err");
    Process process = builder.redirectOutput(out.toFile()).redirectError(err.toFile()).start();
    process.getOutputStream().close();
    return new Done(process.waitFor(), Files.readString(out), Files.readString(err));
  }

  private List<String> builds() throws IOException {
    return Files.readAllLines(clone.resolve("mvnw.log"));
  }

  /** A JDK whose java prints its arguments in brackets, or makes the cache it is asked for. */
  private Path fakeJdk(String version) throws IOException {
    Path home = temp.resolve("jdk-" + version);
    Files.createDirectories(home);
    Files.writeString(
        home.resolve("release"), "IMPLEMENTOR=\"x\"\nJAVA_VERSION=\"%s\"\n".formatted(version));
    script(
        home.resolve("bin/java"),
        """
        #!/bin/sh
        for argument in "$@"; do
          case $argument in
            -XX:AOTCacheOutput=* | -XX:ArchiveClassesAtExit=*)
              echo cache >"${argument#*=}"
              echo "$*" >>'%s/training.log'
              exit 1
              ;;
          esac
        done
        for argument in "$@"; do printf '[%%s]' "$argument"; done
        echo
        """
            .formatted(home));
    return home;
  }

  private static void script(Path path, String text) throws IOException {
    Files.createDirectories(path.getParent());
    Files.writeString(path, text, StandardCharsets.UTF_8);
    assertThat(path.toFile().setExecutable(true)).isTrue();
  }

  private static void file(Path path) throws IOException {
    Files.createDirectories(path.getParent());
    Files.writeString(path, "");
    Files.setLastModifiedTime(path, FileTime.from(Instant.now().minusSeconds(60)));
  }
}
