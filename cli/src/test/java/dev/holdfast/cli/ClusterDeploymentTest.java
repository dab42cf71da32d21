package dev.holdfast.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.holdfast.gateway.config.GatewayConfig;
import dev.holdfast.gateway.config.JournalConfig;
import dev.holdfast.gateway.config.JournalPlace;
import dev.holdfast.gateway.config.RelayClocks;
import dev.holdfast.gateway.config.file.ConfigFile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;

/** The compose file and the manifests of a cluster: their names, ports and times fit each other. */
@Timeout(120)
class ClusterDeploymentTest {
  private static final Path DEPLOY =
      Path.of(System.getProperty("basedir", ".")).resolve("../deploy").normalize();
  private static final String COMPOSE = "compose/";
  private static final String KUBERNETES = "kubernetes-cluster/";

  /** For the last errors of streams, and the access log. */
  private static final Duration MARGIN = Duration.ofSeconds(5);

  @TempDir private Path temp;

  private static String read(String file) throws IOException {
    return Files.readString(DEPLOY.resolve(file));
  }

  private static Iterable<Object> documents(String file) throws IOException {
    return new Load(LoadSettings.builder().setLabel(file).setMaxAliasesForCollections(50).build())
        .loadAllFromString(read(file));
  }

  private static Object document(String file, String kind) throws IOException {
    for (Object document : documents(file)) {
      if (kind.isEmpty() || at(document, "kind").equals(kind)) {
        return document;
      }
    }
    throw new AssertionError(file + " has no " + kind);
  }

  /** {@return what is at a path of keys and positions} */
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

  private static Map<String, String> secrets(String file) throws IOException {
    var secrets = new HashMap<String, String>();
    for (String line : read(file).split("\n", -1)) {
      int equals = line.indexOf('=');
      if (equals > 0 && !line.startsWith("#")) {
        secrets.put(line.substring(0, equals), line.substring(equals + 1));
      }
    }
    return secrets;
  }

  private GatewayConfig composed() throws IOException {
    return ConfigFile.read(
        DEPLOY.resolve(COMPOSE + "gateway.yaml"), secrets(COMPOSE + "secrets.env.example")::get);
  }

  private GatewayConfig inKubernetes() throws IOException {
    var secrets = new HashMap<String, String>();
    for (String file : List.of("kubernetes/secret.yaml", KUBERNETES + "secret.yaml")) {
      ((Map<?, ?>) at(document(file, "Secret"), "stringData"))
          .forEach((name, content) -> secrets.put(name.toString(), content.toString()));
    }
    Path file = temp.resolve("gateway.yaml");
    Files.writeString(
        file,
        at(document(KUBERNETES + "config.yaml", "ConfigMap"), "data", "gateway.yaml").toString());
    return ConfigFile.read(file, secrets::get);
  }

  private static String address(GatewayConfig config) {
    JournalConfig journal = config.journal();
    assertThat(journal).isNotNull();
    return ((JournalPlace.Redis) journal.place()).address();
  }

  private static Duration end(GatewayConfig config) {
    return config.listen().acceptAfterSignal().plus(config.drain()).plus(MARGIN);
  }

  /** Half of it to spare, as docs/gateway.md has it. */
  private static void checkMemory(GatewayConfig config, String redisCommand) {
    var memory = Pattern.compile("--maxmemory[ ,]+(\\d+)gb").matcher(redisCommand);
    assertThat(memory.find()).isTrue();
    assertThat(redisCommand).containsPattern("--appendonly[ ,]+yes");
    assertThat(redisCommand).containsPattern("--maxmemory-policy[ ,]+noeviction");
    JournalConfig journal = config.journal();
    assertThat(journal).isNotNull();
    assertThat(Long.parseLong(memory.group(1)) << 30)
        .isGreaterThanOrEqualTo(journal.totalBytes() * 3 / 2);
  }

  // ---------------------------------------------------------------- compose

  @Test
  void theServicesOfTheComposeFileAreThoseThatItsFilesName() throws IOException {
    var config = composed();
    Object services = at(document(COMPOSE + "compose.yaml", ""), "services");
    assertThat(((Map<?, ?>) services).keySet())
        .map(Object::toString)
        .containsExactlyInAnyOrder("redis", "gateway-1", "gateway-2", "gateway-3", "haproxy");
    assertThat(address(config)).isEqualTo("redis://redis:6379");
    checkMemory(config, at(services, "redis", "command").toString());
    String balancer = read(COMPOSE + "haproxy.cfg");
    for (String gateway : List.of("gateway-1", "gateway-2", "gateway-3")) {
      assertThat(balancer)
          .contains("  server " + gateway + " " + gateway + ":" + config.listen().port() + "\n");
      String mounted = at(services, gateway, "volumes", 0).toString();
      assertThat(mounted).startsWith("./gateway.yaml:").endsWith(":ro");
      assertThat(read("Containerfile"))
          .contains("\"--config\", \"" + mounted.split(":", -1)[1] + "\"");
      assertThat(Duration.parse("PT" + at(services, gateway, "stop_grace_period")))
          .isGreaterThanOrEqualTo(end(config));
    }
    assertThat(at(services, "haproxy", "ports", 0).toString())
        .startsWith("127.0.0.1:4180:")
        .endsWith(
            Pattern.compile("bind :(\\d+)")
                .matcher(balancer)
                .results()
                .findFirst()
                .orElseThrow()
                .group(1));
    assertThat(config.listen().address().isAnyLocalAddress()).isTrue();
  }

  @Test
  void theBalancerChecksTheManagementPortAndOutlastsTheGateways() throws IOException {
    var config = composed();
    String balancer = read(COMPOSE + "haproxy.cfg");
    assertThat(balancer)
        .contains("check port " + config.listen().management().port() + " inter 1s fall 2")
        .contains("http-check send meth GET uri /readyz ")
        .contains("retry-on conn-failure\n");
    // It has seen that a gateway is not ready before that gateway takes no more.
    assertThat(config.listen().acceptAfterSignal()).isGreaterThan(Duration.ofSeconds(2));
    var longest = Pattern.compile("timeout server (\\d+)m").matcher(balancer);
    assertThat(longest.find()).isTrue();
    assertThat(Duration.ofMinutes(Long.parseLong(longest.group(1))))
        .isGreaterThan(RelayClocks.DEFAULT.firstByte());
  }

  @Test
  void haproxyTakesItsConfiguration() throws Exception {
    Path program =
        Stream.of("/usr/sbin/haproxy", "/usr/bin/haproxy", "/usr/local/sbin/haproxy")
            .map(Path::of)
            .filter(Files::isExecutable)
            .findFirst()
            .orElse(null);
    assumeTrue(program != null, "skipped: needs haproxy (Debian: apt install haproxy)");
    var process =
        new ProcessBuilder(
                program.toString(), "-c", "-f", DEPLOY.resolve(COMPOSE + "haproxy.cfg").toString())
            .redirectErrorStream(true)
            .start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(output).isZero();
    assertThat(output).doesNotContainIgnoringCase("warning");
  }

  // ---------------------------------------------------------------- Kubernetes

  @Test
  void thePodsEndInTimeAndReachTheirRedis() throws IOException {
    var config = inKubernetes();
    Object patch = document(KUBERNETES + "gateway.yaml", "Deployment");
    int grace = (Integer) at(patch, "spec", "template", "spec", "terminationGracePeriodSeconds");
    assertThat(Duration.ofSeconds(grace)).isGreaterThanOrEqualTo(end(config));
    assertThat((Integer) at(patch, "spec", "replicas")).isGreaterThanOrEqualTo(3);
    assertThat(config.listen().acceptAfterSignal()).isPositive();

    Object service = document(KUBERNETES + "redis.yaml", "Service");
    Object server = document(KUBERNETES + "redis.yaml", "StatefulSet");
    Object container = at(server, "spec", "template", "spec", "containers", 0);
    assertThat(address(config))
        .endsWith(
            "@" + at(service, "metadata", "name") + ":" + at(service, "spec", "ports", 0, "port"));
    assertThat(at(service, "spec", "ports", 0, "targetPort"))
        .isEqualTo(at(container, "ports", 0, "name"));
    checkMemory(config, at(container, "args").toString());
    Object labels = at(server, "spec", "template", "metadata", "labels");
    for (var selector :
        List.of(
            at(service, "spec", "selector"),
            at(server, "spec", "selector", "matchLabels"),
            at(
                document(KUBERNETES + "redis.yaml", "NetworkPolicy"),
                "spec",
                "podSelector",
                "matchLabels"))) {
      assertThat(selector).isEqualTo(labels);
    }
  }

  @Test
  void thePatchesAreOfWhatThereIs() throws IOException {
    Object kustomization = document(KUBERNETES + "kustomization.yaml", "");
    for (Object patch : (List<?>) at(kustomization, "patches")) {
      String file = at(patch, "path").toString();
      Object changed = document(KUBERNETES + file, "");
      Object there = document("kubernetes/" + file, at(changed, "kind").toString());
      assertThat(at(changed, "metadata", "name")).isEqualTo(at(there, "metadata", "name"));
    }
    // The ports, names and labels of the pods stay those that DeploymentTest checks.
    var config = inKubernetes();
    assertThat(config.listen().port()).isEqualTo(4180);
    assertThat(config.listen().management().port()).isEqualTo(4181);
    Object password = secretValue("REDIS_PASSWORD");
    assertThat(address(config)).contains(":" + password + "@");
  }

  private static Object secretValue(String name) throws IOException {
    return at(document(KUBERNETES + "secret.yaml", "Secret"), "stringData", name);
  }
}
