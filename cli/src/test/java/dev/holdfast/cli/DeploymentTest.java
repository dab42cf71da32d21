package dev.holdfast.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.holdfast.cli.serve.ServeCommand;
import dev.holdfast.cli.terminal.Terminal;
import dev.holdfast.gateway.Gateway;
import dev.holdfast.gateway.config.GatewayConfig;
import dev.holdfast.gateway.config.file.ConfigFile;
import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;
import picocli.CommandLine;

/** What {@code deploy/} names exists, and its times fit each other. */
@Timeout(120)
class DeploymentTest {
  private static final Path DEPLOY =
      Path.of(System.getProperty("basedir", ".")).resolve("../deploy").normalize();

  /** For the last errors of streams, and the access log. */
  private static final Duration MARGIN = Duration.ofSeconds(5);

  private static final Pattern OPTION = Pattern.compile("(?<= )--[a-z-]+");

  @TempDir private Path temp;

  private static String read(String file) throws IOException {
    return Files.readString(DEPLOY.resolve(file));
  }

  /** {@return what is at a path of keys and positions, such as {@code spec, containers, 0}} */
  private static Object at(Object node, Object... path) {
    Object found = node;
    for (Object step : path) {
      found =
          step instanceof Integer place
              ? ((List<?>) found).get(place)
              : ((Map<?, ?>) found).get(step);
      assertThat(found).as(Arrays.toString(path)).isNotNull();
    }
    return found;
  }

  private static Object document(String file, String kind) throws IOException {
    var load = new Load(LoadSettings.builder().setLabel(file).build());
    for (Object document : load.loadAllFromString(read("kubernetes/" + file))) {
      if (at(document, "kind").equals(kind)) {
        return document;
      }
    }
    throw new AssertionError(file + " has no " + kind);
  }

  private static Object deployment() throws IOException {
    return document("gateway.yaml", "Deployment");
  }

  private static Object container() throws IOException {
    return at(deployment(), "spec", "template", "spec", "containers", 0);
  }

  private GatewayConfig config() throws IOException {
    var secrets = new HashMap<String, String>();
    ((Map<?, ?>) at(document("secret.yaml", "Secret"), "stringData"))
        .forEach((name, content) -> secrets.put(name.toString(), content.toString()));
    Path file = temp.resolve("gateway.yaml");
    Files.writeString(
        file,
        at(document("config.yaml", "ConfigMap"), "data", file.getFileName().toString()).toString());
    return ConfigFile.read(file, secrets::get);
  }

  private static Map<String, Integer> ports() throws IOException {
    var ports = new HashMap<String, Integer>();
    for (Object port : (List<?>) at(container(), "ports")) {
      ports.put(at(port, "name").toString(), (Integer) at(port, "containerPort"));
    }
    return ports;
  }

  private static Set<String> options() {
    var command = new CommandLine(new ServeCommand(Terminal.ofProcess()));
    return new TreeSet<>(command.getCommandSpec().optionsMap().keySet());
  }

  @Test
  void theConfigurationIsReadAndListensWhereTheManifestsExpectIt() throws IOException {
    var listen = config().listen();
    assertThat(ports()).isEqualTo(Map.of("http", 4180, "management", 4181));
    assertThat(listen.port()).isEqualTo(ports().get("http"));
    assertThat(listen.management().port()).isEqualTo(ports().get("management"));
    assertThat(listen.address().isAnyLocalAddress()).isTrue();
    assertThat(listen.management().address().isAnyLocalAddress()).isTrue();
    assertThat(listen.management().open()).isFalse();
    Object service = document("gateway.yaml", "Service");
    assertThat(ports()).containsKey(at(service, "spec", "ports", 0, "targetPort").toString());
    String name = at(service, "metadata", "name").toString();
    assertThat(listen.names()).contains(name, name + ".default.svc.cluster.local");
  }

  @Test
  void theManifestsReferToEachOther() throws IOException {
    String mounted = at(container(), "volumeMounts", 0, "mountPath") + "/gateway.yaml";
    assertThat(read("Containerfile")).contains("\"--config\", \"" + mounted + "\"");
    Object config = document("config.yaml", "ConfigMap");
    Object volumes = at(deployment(), "spec", "template", "spec", "volumes");
    assertThat(at(volumes, 0, "configMap", "name")).isEqualTo(at(config, "metadata", "name"));
    assertThat(at(container(), "envFrom", 0, "secretRef", "name"))
        .isEqualTo(at(document("secret.yaml", "Secret"), "metadata", "name"));
    Object labels = at(deployment(), "spec", "template", "metadata", "labels");
    for (var selector :
        List.of(
            at(deployment(), "spec", "selector", "matchLabels"),
            at(document("gateway.yaml", "Service"), "spec", "selector"),
            at(document("gateway.yaml", "PodDisruptionBudget"), "spec", "selector", "matchLabels"),
            at(document("gateway.yaml", "NetworkPolicy"), "spec", "podSelector", "matchLabels"))) {
      assertThat(selector).isEqualTo(labels);
    }
    try (Stream<Path> files = Files.list(DEPLOY.resolve("kubernetes"))) {
      assertThat(files.map(file -> file.getFileName().toString()))
          .containsExactlyInAnyOrder(
              "kustomization.yaml", "config.yaml", "secret.yaml", "gateway.yaml");
    }
  }

  @Test
  void theGraceIsLongerThanTheEnd() throws IOException {
    var config = config();
    Duration end = config.listen().acceptAfterSignal().plus(config.drain()).plus(MARGIN);
    int grace =
        (Integer) at(deployment(), "spec", "template", "spec", "terminationGracePeriodSeconds");
    assertThat(Duration.ofSeconds(grace)).isGreaterThanOrEqualTo(end);
    assertThat(config.listen().acceptAfterSignal()).isPositive();

    var unit = unit(read("systemd/holdfast-gateway.service"));
    assertThat(Duration.ofSeconds(Integer.parseInt(unit.get("TimeoutStopSec"))))
        .isGreaterThanOrEqualTo(GatewayConfig.DEFAULT.drain().plus(MARGIN));
    assertThat(unit).containsEntry("KillSignal", "SIGTERM").containsEntry("KillMode", "mixed");
    assertThat(unit.get("ExecReload")).contains("-HUP");
  }

  static Stream<String> commands() throws IOException {
    var unit = unit(read("systemd/holdfast-gateway.service"));
    String container = read("Containerfile");
    String entry =
        container.substring(container.indexOf("ENTRYPOINT")).replaceAll("[\\[\\],\"]+", " ");
    return Stream.of(unit.get("ExecStart"), entry, " " + at(container(), "args"));
  }

  @ParameterizedTest
  @MethodSource("commands")
  void everyOptionIsOneOfTheCommand(String command) {
    var named = new ArrayList<String>();
    // What precedes the jar is Java's.
    String own = command.substring(Math.max(0, command.indexOf(".jar")));
    var found = OPTION.matcher(own.replaceAll("[\\[\\],]", " "));
    while (found.find()) {
      named.add(found.group());
    }
    assertThat(named).isNotEmpty();
    assertThat(options()).containsAll(named);
  }

  /** {@return what the launcher starts a server on Java 25 with} */
  private static List<String> launched() throws IOException {
    var flags = new ArrayList<String>();
    var lines =
        Pattern.compile("flags='(-XX:\\+UseSerialGC -Xlog:disable)'\n|flags=\"\\$flags (.*)\"\n")
            .matcher(Files.readString(DEPLOY.resolve("../holdfast")));
    while (lines.find()) {
      String found = lines.group(1) == null ? lines.group(2) : lines.group(1);
      flags.addAll(List.of(found.split(" ")));
    }
    assertThat(flags).hasSize(5);
    return flags;
  }

  private static List<String> started(String command) {
    String options = command.substring(0, command.indexOf("-jar"));
    return Stream.of(options.strip().split("\\s+")).filter(word -> word.startsWith("-")).toList();
  }

  @Test
  void aServerIsStartedWithTheOptionsOfTheLauncher() throws Exception {
    String unit =
        Objects.requireNonNull(unit(read("systemd/holdfast-gateway.service")).get("ExecStart"));
    String container = read("Containerfile");
    String entry =
        container.substring(container.indexOf("ENTRYPOINT")).replaceAll("[\\[\\],\"]+", " ");
    String image =
        String.join(
            " ",
            Pattern.compile("<arg>(.*)</arg>")
                .matcher(read("../dist/image/pom.xml"))
                .results()
                .map(argument -> argument.group(1))
                .toList());
    assertThat(started(unit)).containsAll(launched());
    assertThat(started(entry)).containsAll(launched());
    assertThat(List.of(image.split(" "))).containsAll(launched());
    for (String command : List.of(unit, entry)) {
      assertThat(started(command)).contains("-Djava.library.path=/opt/holdfast/native");
    }
    assertThat(container).contains("temurin:25-jre", " /opt/holdfast/native\n");
    assertThat(image).contains("-Djava.library.path=/app/native");

    // The unit's Java may be any from 21 on, as that of this test is.
    startJava(started(unit));
    if (Runtime.version().feature() >= 25) {
      startJava(started(entry));
    }
  }

  private static void startJava(List<String> options) throws Exception {
    var command = new ArrayList<>(List.of(ProcessHandle.current().info().command().orElseThrow()));
    command.addAll(options);
    command.add("-version");
    var process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(output).isZero();
    assertThat(output).doesNotContain("rror:", "nrecognized", "WARNING");
  }

  @Test
  void theProbesAreAnsweredWithoutATokenUnderTheAddressOfThePod() throws Exception {
    var config = config();
    var listen = config.listen();
    // The manifest's own, except the ports, which may be taken here.
    try (var gateway = Gateway.start(config.withListen(listen.at(listen.address(), 0, 0)))) {
      var paths = new ArrayList<String>();
      for (String probe : List.of("startupProbe", "livenessProbe", "readinessProbe")) {
        assertThat(at(container(), probe, "httpGet", "port")).isEqualTo("management");
        paths.add(at(container(), probe, "httpGet", "path").toString());
      }
      assertThat(paths.getLast()).isEqualTo("/readyz");
      for (String path : paths) {
        assertThat(status(gateway, path)).as(path).isEqualTo(200);
      }
      assertThat(status(gateway, "/metrics")).isEqualTo(401);
    }
  }

  /** The check of the image, as the file has it, is one that passes and fails. */
  @Test
  void theImagesHealthCheckAsksTheManagementPort() throws Exception {
    String container = read("Containerfile");
    String check = container.substring(container.indexOf("HEALTHCHECK"));
    var words = Pattern.compile("\"([^\"]*)\"").matcher(check.substring(0, check.indexOf(']')));
    var arguments = words.results().map(word -> word.group(1)).collect(Collectors.toList());
    assertThat(arguments).startsWith("java").contains("/opt/holdfast/holdfast-cli.jar");
    var command = arguments.subList(arguments.indexOf("health"), arguments.size());
    int at = command.indexOf("--port") + 1;
    assertThat(command.get(at)).isEqualTo(String.valueOf(ports().get("management")));
    var listen = GatewayConfig.DEFAULT.listen();
    try (var gateway = Gateway.start(GatewayConfig.DEFAULT.listeningAt(listen.address(), 0, 0))) {
      command.set(at, Integer.toString(gateway.management().getPort()));
      assertThat(new Cli().run(command.toArray(String[]::new)).code()).isZero();
    }
    try (var taken = Cli.takenPort()) {
      command.set(at, Integer.toString(taken.getLocalPort()));
      assertThat(new Cli().run(command.toArray(String[]::new)).code()).isEqualTo(1);
    }
  }

  /** What runs in the public repository can be run here. */
  @Test
  void theWorkflowsRunTheChecksAndNothingElse() throws IOException {
    var commands = new ArrayList<String>();
    try (Stream<Path> files = Files.list(DEPLOY.resolve("../.github/workflows"))) {
      for (Path file : files.toList()) {
        var load = new Load(LoadSettings.builder().setLabel(file.toString()).build());
        Object workflow = load.loadFromString(Files.readString(file));
        for (Object job : ((Map<?, ?>) at(workflow, "jobs")).values()) {
          for (Object step : (List<?>) at(job, "steps")) {
            if (step instanceof Map<?, ?> parts && parts.get("run") instanceof String command) {
              commands.add(command.strip());
            }
          }
        }
      }
    }
    assertThat(commands)
        .hasSize(3)
        .allMatch(command -> command.matches("(HOLDFAST_JDKS=\"[^\"]*\" )?\\.ci/run( [a-z]+)?"));
  }

  private static int status(Gateway gateway, String path) throws Exception {
    try (var client = HttpClient.newHttpClient()) {
      var request = HttpRequest.newBuilder(gateway.management().resolve(path)).build();
      return client.send(request, HttpResponse.BodyHandlers.discarding()).statusCode();
    }
  }

  @Test
  void theContainerNeedsNoRightsAndWritesNowhere() throws IOException {
    assertThat(read("Containerfile")).containsPattern("\nUSER [1-9]\\d*:[1-9]\\d*\n");
    Object pod = at(deployment(), "spec", "template", "spec", "securityContext");
    assertThat(at(pod, "runAsNonRoot")).isEqualTo(true);
    Object rights = at(container(), "securityContext");
    assertThat(at(rights, "readOnlyRootFilesystem")).isEqualTo(true);
    assertThat(at(rights, "allowPrivilegeEscalation")).isEqualTo(false);
    assertThat(at(rights, "capabilities", "drop", 0)).isEqualTo("ALL");
  }

  /** The last content of each key. */
  private static Map<String, String> unit(String text) {
    var unit = new HashMap<String, String>();
    for (String line : text.split("\n", -1)) {
      int equals = line.indexOf('=');
      if (equals > 0 && !line.startsWith("#")) {
        unit.put(line.substring(0, equals), line.substring(equals + 1));
      }
    }
    return unit;
  }

  @Test
  void systemdTakesTheUnit() throws Exception {
    Path analyze = Path.of("/usr/bin/systemd-analyze");
    assumeTrue(Files.isExecutable(analyze), "systemd is not here");
    Path unit = temp.resolve("holdfast-gateway.service");
    String java = ProcessHandle.current().info().command().orElseThrow();
    Files.writeString(
        unit,
        read("systemd/holdfast-gateway.service")
            .replace("ExecStart=/usr/bin/java", "ExecStart=" + java));
    var process =
        new ProcessBuilder(analyze.toString(), "verify", "--man=no", unit.toString())
            .redirectErrorStream(true)
            .start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    int status = process.waitFor();
    // Without a running systemd it cannot verify; a complaint names the unit.
    assertThat(output.lines().filter(line -> line.contains("holdfast-gateway"))).isEmpty();
    assumeTrue(status == 0, output);
  }
}
