package dev.holdfast.gateway.config.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.networknt.schema.InputFormat;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import dev.holdfast.gateway.config.Credential;
import dev.holdfast.gateway.config.GatewayConfig;
import dev.holdfast.gateway.config.InvalidConfigException;
import dev.holdfast.gateway.config.JournalConfig;
import dev.holdfast.gateway.config.UpstreamConfig;
import dev.holdfast.testkit.json.TestJson;
import io.netty.pkitesting.CertificateBuilder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The configuration file, its example, its schema, and every way in which it may be wrong. */
class ConfigFileTest {
  private static final Map<String, String> ENVIRONMENT =
      Map.of(
          "ANTHROPIC_API_KEY", "secret-one",
          "ANTHROPIC_EU_KEY", "secret-two",
          "OPENAI_API_KEY", "secret-three",
          "AZURE_API_KEY", "secret-four",
          "HOST", "127.0.0.1:9",
          "HOLDFAST_JOURNAL_KEY",
              "5ec2e70000000000000000000000000000000000000000000000000000000000");

  private static final String HASH = "ab".repeat(32);

  @TempDir private Path temp;

  private static Path example() {
    return Path.of(System.getProperty("basedir", ".")).resolve("../docs/gateway.example.yaml");
  }

  private static GatewayConfig read(String yaml) {
    return ConfigFile.read("g.yaml", yaml, ENVIRONMENT::get);
  }

  private static List<String> errors(String yaml) {
    var thrown = catchThrowableOfType(InvalidConfigException.class, () -> read(yaml));
    assertThat(thrown).as("was read: %s", yaml).isNotNull();
    return thrown.errors();
  }

  // ---------------------------------------------------------------- the example and the schema

  @Test
  void theExampleIsReadAndMeansWhatItWrites() throws IOException {
    var config = read(Files.readString(example()));
    assertThat(config.listen().port()).isEqualTo(4180);
    assertThat(config.listen().names()).containsExactly("gateway.internal");
    assertThat(config.limits().bodyBytes()).isEqualTo(32L << 20);
    assertThat(config.upstreams())
        .extracting(UpstreamConfig::name)
        .containsExactly("anthropic", "anthropic-eu", "openai", "azure", "own-gpu");
    assertThat(config.upstream("azure").credential())
        .isEqualTo(new Credential.Own("api-key", "secret-four"));
    var claude = config.routes().getFirst();
    assertThat(claude.targets().getFirst().weight()).isEqualTo(3);
    assertThat(claude.streams().holdHead()).isEqualTo(Duration.ofSeconds(20));
    assertThat(claude.streams().clocks().idle()).isEqualTo(Duration.ofSeconds(90));
    assertThat(config.routes().get(1).targets().get(1).model()).isEqualTo("gpt-4.1-deployment");
    assertThat(config.keys().getFirst().limits().tokensPerMinute()).isEqualTo(400_000);
    assertThat(config.journal()).isNotNull();
    assertThat(config.journal().whenFull()).isEqualTo(JournalConfig.WhenFull.MARK);
    assertThat(config.toString()).doesNotContain("secret").doesNotContain("5ec2e7");
  }

  @Test
  void everyKeyOfTheReaderIsInTheExampleAndInTheSchema() throws IOException {
    String text = Files.readString(example());
    Set<String> known = ConfigFile.known(text, ENVIRONMENT::get);
    assertThat(known).hasSizeGreaterThan(50);
    var schema = (TestJson.Obj) TestJson.parse(ConfigFile.schema());
    var described = new TreeSet<String>();
    collect(schema, schema, "", described);
    assertThat(described).isEqualTo(known);

    var written = new TreeSet<String>();
    collect(tree(text), "", written);
    assertThat(written).isEqualTo(known);
  }

  private static void collect(YamlTree tree, String path, Set<String> found) {
    switch (tree) {
      case YamlTree.Section section ->
          section
              .members()
              .forEach((name, entry) -> {
                String below = path.isEmpty() ? name : path + "." + name;
                found.add(below);
                collect(entry.content(), below, found);
              });
      case YamlTree.Items items -> items.items().forEach(item -> collect(item, path + "[]", found));
      case YamlTree.Scalar scalar -> {}
    }
  }

  private static void collect(TestJson.Obj root, TestJson.Obj schema, String path, Set<String> to) {
    if (schema.members().get("$ref") instanceof TestJson.Str(String reference, int line)) {
      String name = reference.substring("#/$defs/".length());
      if (root.members().get("$defs") instanceof TestJson.Obj definitions
          && definitions.members().get(name) instanceof TestJson.Obj definition) {
        collect(root, definition, path, to);
      }
    }
    if (schema.members().get("properties") instanceof TestJson.Obj properties) {
      properties
          .members()
          .forEach((name, property) -> {
            String below = path.isEmpty() ? name : path + "." + name;
            to.add(below);
            collect(root, (TestJson.Obj) property, below, to);
          });
    }
    if (schema.members().get("items") instanceof TestJson.Obj items) {
      collect(root, items, path + "[]", to);
    }
    if (schema.members().get("oneOf") instanceof TestJson.Arr forms) {
      forms.items().forEach(form -> collect(root, (TestJson.Obj) form, path, to));
    }
  }

  private static YamlTree tree(String yaml) {
    return Objects.requireNonNull(YamlTree.parse(yaml, new Findings("tree")));
  }

  private static boolean fits(String yaml) {
    var tree = tree(yaml);
    return SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12)
        .getSchema(ConfigFile.schema(), InputFormat.JSON)
        .validate(json(tree), InputFormat.JSON)
        .isEmpty();
  }

  private static String json(YamlTree tree) {
    return switch (tree) {
      case YamlTree.Section section ->
          section.members().entrySet().stream()
              .map(e -> quoted(e.getKey()) + ":" + json(e.getValue().content()))
              .reduce((a, b) -> a + "," + b)
              .map(inside -> "{" + inside + "}")
              .orElse("{}");
      case YamlTree.Items items ->
          "[" + String.join(",", items.items().stream().map(ConfigFileTest::json).toList()) + "]";
      case YamlTree.Scalar scalar ->
          switch (scalar.type()) {
            case TEXT -> quoted(scalar.text());
            case NOTHING -> "null";
            case INTEGER, FRACTION, TRUTH -> scalar.text();
          };
    };
  }

  private static String quoted(String text) {
    return "\"" + text.replace("\\", "\\\\").replace("\"", "\\\"") + "\"";
  }

  @Test
  void theExampleFitsTheSchema() throws IOException {
    assertThat(fits(Files.readString(example()))).isTrue();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "listn: {}",
        "listen: {port: 70000}",
        "listen: {port: many}",
        "drain: 10",
        "drain: ten minutes",
        "streams: {clocks: {total: 10s}}",
        "limits: {bodyBytes: 2 GB}",
        "upstreams: [{name: a, protocol: openai-chat, url: 'ftp://h'}]",
        "upstreams: [{name: a, protocol: cohere, url: 'http://h'}]",
        "upstreams: [{name: a, url: 'http://h'}]",
        "upstreams: [{name: a, protocol: openai-chat, url: 'http://h', credential: my-key}]",
        "routes: [{upstreams: []}]",
        "routes: [{upstreams: [{name: a, weight: 0}]}]",
        "routes: [{models: ['a b'], upstreams: [a]}]",
        "keys: [{name: k, sha256: abc}]",
        "keys: [{name: 'k k', sha256: "
            + "abababababababababababababababababababababababababababababababab"
            + "}]",
      })
  void whatTheSchemaRefusesTheReaderRefuses(String yaml) {
    assertThat(fits(yaml)).isFalse();
    assertThat(errors(yaml)).isNotEmpty();
  }

  // ---------------------------------------------------------------- errors

  @Test
  void allErrorsOfAFileAreReportedAtOnceWithFileLineKeyRuleAndValue() {
    assertThat(
            errors(
                """
                listen:
                  prot: 4180
                  port: 70000
                drain: 10
                limits:
                  bodyBytes: lots
                  connections: yes
                upstreams:
                  - name: a
                    protocol: openai-chat
                    url: ftp://h/v1
                  - name: b
                    protocol: openai
                    url: http://h/v1
                    credential: ${MISSING_KEY}
                routes:
                  - models: ["gpt-[45]"]
                    upstreams: [nowhere]
                drain: 5m
                """))
        .containsExactly(
            "g.yaml:2: listen.prot: must be a known key; did you mean port?",
            "g.yaml:3: listen.port: must be 0 to 65535, was '70000'",
            "g.yaml:4: drain: must be a time with ms, s, m or h, as 10s, was '10'",
            "g.yaml:6: limits.bodyBytes: must be bytes, as 32768 or 32KiB, was 'lots'",
            "g.yaml:7: limits.connections: must be a whole number, was 'yes'",
            "g.yaml:11: upstreams[0].url: must have an http or https address with a host,"
                + " was ftp://h/v1",
            "g.yaml:13: upstreams[1].protocol: must be one of openai-chat, openai-responses,"
                + " anthropic-messages, gemini-sse, ollama-chat, was 'openai'",
            "g.yaml:15: upstreams[1].credential: must name an environment variable that is set,"
                + " was '${MISSING_KEY}'",
            "g.yaml:17: routes[0].models[0]: must have only * and ? as special characters, and no"
                + " white space, was 'gpt-[45]'",
            "g.yaml:18: routes[0].upstreams: must be names of upstreams, was nowhere",
            "g.yaml:19: drain: must be there once, was also in line 4");
  }

  /** A key that is right was reported as unknown, where the reader had stopped before it. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "directory: 'valkey://h' | g.yaml:2: journal.directory: must be a directory, or an address",
        "directory: j, key: plain | g.yaml:2: journal.key: must be ${NAME} of an environment variable",
        "directory: j, key: '${HOST}' | g.yaml:2: journal.key: must be 64 hexadecimal digits",
        "directory: 'redis://h', prefix: 'a b' | g.yaml:2: journal.prefix: must be 1 to 64 letters",
        "prefix: a | g.yaml:1: journal.directory: must be there",
      })
  void anErrorOfTheJournalMakesNoOtherKeyUnknown(String keys, String error) {
    String others = "ttl: 2h, sync: interval, whenFull: mark, shared: {limits: open}";
    assertThat(errors("journal:\n  {" + keys + ", " + others + "}\n"))
        .singleElement()
        .asString()
        .startsWith(error);
  }

  @Test
  void whatIsNoYamlIsNamedWithItsLine() {
    assertThat(errors("drain: 1s\n---\ndrain: 2s\n"))
        .containsExactly(
            "g.yaml:2: file: must be YAML 1.2: expected a single document in the stream, but found"
                + " another document");
    assertThat(errors("drain: 1s\n\ndrain\u0000: 1s\n"))
        .containsExactly("g.yaml:3: file: must have characters that YAML allows, was U+0000");
  }

  private static final String UPSTREAM =
      "upstreams: [{name: a, protocol: openai-chat, url: 'http://h/v1'}]\n";

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "listen: | g.yaml:1: listen: must be a section with keys of its own",
        "listen: [1] | g.yaml:1: listen: must be a section with keys of its own",
        "[1] | g.yaml:1: file: must be a section with keys of its own",
        "upstreams: {} | g.yaml:1: upstreams: must be a list",
        "upstreams: [] | g.yaml:1: upstreams: must have at least one upstream",
        "upstreams: [a] | g.yaml:1: upstreams[0]: must be a section with keys of its own",
        "upstreams: [{name: a, url: 'http://h'}] | g.yaml:1: upstreams[0].protocol: must be there",
        "drain: | g.yaml:1: drain: must be text, was empty",
        "drain: {} | g.yaml:1: drain: must be text, was a section",
        "drain: 25h | g.yaml:1: drain: must be 0s to 24h, was '25h'",
        "streams: {keepAlive: 0s} | g.yaml:1: streams.keepAlive: must be 1ms to 24h, was '0s'",
        "streams: {failover: {continueElsewhere: yes}}"
            + " | g.yaml:1: streams.failover.continueElsewhere: must be true or false, was 'yes'",
        "streams: {onClientGone: drain} | g.yaml:1: streams.onClientGone: must be auto, cancel, drain(60s) or",
        "streams: {onClientGone: drain(0s)} | g.yaml:1: streams.onClientGone: must have a time of",
        "streams: {identical: join}"
            + " | g.yaml:1: streams.identical: must be one of auto, off, attach, replace, was 'join'",
        "listen: {tls: {key: k.pem}} | g.yaml:1: listen.tls.certificate: must be there beside the other",
        "listen: {host: no.such.host.invalid}"
            + " | g.yaml:1: listen.host: must be an address of this machine, was 'no.such.host.invalid'",
        "listen: {host: 0.0.0.0}"
            + " | g.yaml:1: listen: host: must be a loopback address where there are no keys, was 0.0.0.0",
        "listen: {port: 5, managementPort: 5}"
            + " | g.yaml:1: listen.managementPort: must not be the port of the gateway, was 5",
        "listen: {names: ['a b']} | g.yaml:1: listen.names: must be host names, maybe with a port, was a b",
        "journal: {directory: 'redis://h', shared: {limits: maybe}}"
            + " | g.yaml:1: journal.shared.limits: must be one of off, open, closed, was 'maybe'",
        "journal: {directory: 'redis://h', shared: {wait: 1ms}}"
            + " | g.yaml:1: journal.shared.wait: must be 10ms to 10s, was '1ms'",
        "journal: {directory: j, shared: {limits: closed}}"
            + " | g.yaml:1: journal.shared: must go with a Redis, was set with a directory",
        "uiMessages: {path: chat} | g.yaml:1: uiMessages.path: must be words after slashes, was chat",
        "uiMessages: {path: /v1/ui} | g.yaml:1: uiMessages.path: must not be below /v1, was /v1/ui",
        "uiMessages: {protocol: ollama-chat}"
            + " | g.yaml:1: uiMessages.protocol: must be one of openai-chat, anthropic-messages, was",
        "uiMessages: {maxTokens: 0} | g.yaml:1: uiMessages.maxTokens: must be 1 to",
        "journal: {directory: 'redis://h:port'}"
            + " | g.yaml:1: journal.directory: must be an address of a Redis, such as redis://host:6379, was redis://...",
        "journal: {directory: 'redis://h', ttl: 9s}"
            + " | g.yaml:1: journal.ttl: must be at least twice the lease, was '9s'",
        "journal: {directory: 'redis://h', ttl: 3s, lease: 2s}"
            + " | g.yaml:1: journal.ttl: must be at least twice the lease, was '3s'",
        "journal: {directory: ''} | g.yaml:1: journal.directory: must be a directory, or an address such",
        "journal: {ttl: 1h} | g.yaml:1: journal.directory: must be there",
        "upstreams: [{name: a, protocol: openai-chat, url: 'localhost:9000/v1'}] | g.yaml:1: upstreams[0].url:"
            + " must have an http or https address with a host, was localhost:9000/v1",
        "upstreams: [{name: a, protocol: openai-chat, url: 'http://h:99999/v1'}] | g.yaml:1: upstreams[0].url:"
            + " must have a port of 1 to 65535, was 99999",
        "a: &x 1 | g.yaml:1: a: must be a known key, as drain, journal, keys, limits, listen, routes, streams, uiMessages,",
        "a: *x | g.yaml:1: file: must have no aliases",
        "a: !!set {} | g.yaml:1: a: must be a known key",
        "'a: \"b' | g.yaml:1: file: must be YAML 1.2:",
        "{? [a] : b} | g.yaml:1: file: must have text for keys",
      })
  void eachKindOfErrorIsNamed(String yaml, String error) {
    assertThat(errors(yaml).getFirst()).startsWith(error);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "credential: sk-live-0123456789abcdef"
            + " | upstreams[0].credential: must not hold a key, but ${NAME} of an environment variable",
        "credential: any-literal | upstreams[0].credential: must be client, none, or ${NAME}, was (hidden)",
        "credential: 'x${HOST}' | upstreams[0].credential: must be client, none, or ${NAME}, was (hidden)",
        "credential: ${no-name}"
            + " | upstreams[0].credential: must name an environment variable as ${NAME}, was '${no-name}'",
        "credentialHeader: api-key"
            + " | upstreams[0].credentialHeader: must go with a credential of ${NAME}, was 'api-key'",
        "profile: acme | upstreams[0].profile: must be one of",
        "nmae: b | upstreams[0].nmae: must be a known key; did you mean name?",
        "credential_header: b | upstreams[0].credential_header: must be a known key; did you mean credentialHeader?",
      })
  void aSecretIsAVariableOfTheEnvironment(String line, String error) {
    String yaml =
        "upstreams:\n- name: a\n  protocol: openai-chat\n  url: http://h/v1\n  " + line + "\n";
    assertThat(errors(yaml).getFirst())
        .startsWith("g.yaml:5: " + error)
        .doesNotContain("sk-live", "any-literal");
  }

  @Test
  void aPasswordInAnAddressIsNotRepeated() {
    assertThat(
            errors("upstreams: [{name: a, protocol: openai-chat, url: 'http://u:hunter2@h/v1'}]"))
        .singleElement()
        .asString()
        .contains("upstreams[0].url: must")
        .doesNotContain("hunter2");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "routes: [{}] | routes[0].upstreams: must be there",
        "routes: [{upstreams: [a, a]}] | routes[0].upstreams: must have each upstream once",
        "routes: [{upstreams: [{name: a, wieght: 3}]}]"
            + " | routes[0].upstreams[0].wieght: must be a known key; did you mean weight?",
        "routes: [{upstreams: [{name: a, weight: 1001}]}]"
            + " | routes[0].upstreams[0].weight: must be 1 to 1000, was '1001'",
        "routes: [{upstreams: [{name: a, model: '../x'}]}]"
            + " | routes[0].upstreams[0].model: must be a model's name, was '../x'",
        "keys: [{name: k, sha256: ABC}] | keys[0].sha256: must be 64 hexadecimal digits",
        "keys: [{name: k, sha256: HASH, upstreams: [z]}] | keys[0].upstreams: must be names of upstreams, was z",
        "keys: [{name: k, sha256: HASH, tokensPerDay: 0}] | keys[0].tokensPerDay: must be 1 to",
        "keys: [{name: k, sha256: HASH}, {name: k, sha256: HASH}] | keys[1].name: must be a key's own, was 'k'",
      })
  void routesAndKeysAreHeldToTheUpstreams(String line, String error) {
    assertThat(errors(UPSTREAM + line.replace("HASH", HASH)).getFirst())
        .startsWith("g.yaml:2: " + error);
  }

  @Test
  void whatRefersToAWrongUpstreamIsNoFurtherError() {
    String yaml =
        "upstreams: [{name: a, protocol: openai-chat, url: 'ftp://h'}]\nroutes: [{upstreams: [a]}]\n"
            + "keys: [{name: k, sha256: "
            + HASH
            + ", upstreams: [a]}]";
    assertThat(errors(yaml)).singleElement().asString().contains("upstreams[0].url");
  }

  @Test
  void aClientsKeyIsNeverSharedBetweenOrigins() {
    String two =
        """
        upstreams:
        - {name: a, protocol: openai-chat, url: 'http://h/v1'}
        - {name: b, protocol: openai-chat, url: 'http://g/v1'}
        """;
    assertThat(errors(two).getFirst())
        .contains("credential: must be set where several upstreams share requests", "http://g:80");
    assertThat(errors(two + "routes: [{upstreams: [a, b]}]").getFirst())
        .startsWith("g.yaml:4: routes[0].upstreams: credential: must be set where");
    assertThat(read(two + "routes: [{upstreams: [a]}]").routes()).hasSize(1);
    assertThat(read(two.replace("g/v1'", "g/v1', credential: none")).upstreams()).hasSize(2);
  }

  @Test
  void aFileThatCannotBeReadIsNamed() throws IOException {
    var missing = temp.resolve("none.yaml");
    var thrown =
        catchThrowableOfType(
            InvalidConfigException.class, () -> ConfigFile.read(missing, ENVIRONMENT::get));
    assertThat(thrown.errors()).containsExactly(missing + ": must be a file that can be read");
    var binary = Files.write(temp.resolve("b.yaml"), new byte[] {(byte) 0xff, (byte) 0xfe, 1});
    thrown =
        catchThrowableOfType(
            InvalidConfigException.class, () -> ConfigFile.read(binary, ENVIRONMENT::get));
    assertThat(thrown.errors()).containsExactly(binary + ": must be text in UTF-8");
    String deep = "a: " + "[".repeat(50) + "]".repeat(50);
    assertThat(errors(deep)).containsExactly("g.yaml:1: file: must be at most 16 levels deep");
  }

  private List<String> tlsErrors(Path certificate, Path key) throws IOException {
    var file = temp.resolve("tls.yaml");
    Files.writeString(
        file,
        """
        listen:
          tls:
            certificate: %s
            key: %s
        """
            .formatted(certificate, key));
    try {
      ConfigFile.read(file, ENVIRONMENT::get);
      return List.of();
    } catch (InvalidConfigException e) {
      return e.errors().stream().map(error -> error.replace(temp.toString(), "T")).toList();
    }
  }

  @Test
  void certificateAndKeyAreReadWithTheFile() throws Exception {
    var one =
        new CertificateBuilder()
            .ecp256()
            .subject("CN=localhost")
            .setIsCertificateAuthority(true)
            .buildSelfSigned();
    var other =
        new CertificateBuilder()
            .ecp256()
            .subject("CN=localhost")
            .setIsCertificateAuthority(true)
            .buildSelfSigned();
    var rsa =
        new CertificateBuilder()
            .rsa2048()
            .subject("CN=localhost")
            .setIsCertificateAuthority(true)
            .buildSelfSigned();
    Path certificate = Files.writeString(temp.resolve("a.crt"), one.getCertificatePEM());
    Path key = Files.writeString(temp.resolve("a.key"), "A key:\n" + one.getPrivateKeyPEM());
    Path another = Files.writeString(temp.resolve("b.key"), other.getPrivateKeyPEM());
    Path third = Files.writeString(temp.resolve("rsa.key"), rsa.getPrivateKeyPEM());
    Path broken =
        Files.writeString(
            temp.resolve("broken"), one.getPrivateKeyPEM().replaceFirst("\nM", "\nN"));
    Path missing = temp.resolve("none");

    assertThat(tlsErrors(certificate, key)).isEmpty();
    assertThat(tlsErrors(missing, missing))
        .containsExactly(
            "T/tls.yaml:3: listen.tls.certificate: must be a file that can be read, was T/none",
            "T/tls.yaml:4: listen.tls.key: must be a file that can be read, was T/none");
    assertThat(tlsErrors(temp, key))
        .containsExactly(
            "T/tls.yaml:3: listen.tls.certificate: must be a file that can be read, was T");
    assertThat(tlsErrors(key, certificate))
        .containsExactly(
            "T/tls.yaml:3: listen.tls.certificate: must hold certificates in PEM, was T/a.key",
            "T/tls.yaml:4: listen.tls.key: must hold a private key in PEM, as PKCS #8 without a"
                + " password, was T/a.crt");
    assertThat(tlsErrors(certificate, broken))
        .containsExactly(
            "T/tls.yaml:4: listen.tls.key: must hold a private key in PEM, as PKCS #8 without a"
                + " password, was T/broken");
    for (Path wrong : List.of(another, third)) {
      assertThat(tlsErrors(certificate, wrong))
          .containsExactly(
              "T/tls.yaml:4: listen.tls.key: must belong to the first certificate of"
                  + " tls.certificate, was "
                  + wrong.toString().replace(temp.toString(), "T"));
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = CertificateBuilder.Algorithm.class,
      names = {"ecp256", "ecp384", "rsa2048", "ed25519", "ed448"})
  void keysOfEachKindAreTakenWithTheirCertificate(CertificateBuilder.Algorithm kind)
      throws Exception {
    var made =
        new CertificateBuilder()
            .algorithm(kind)
            .subject("CN=localhost")
            .setIsCertificateAuthority(true)
            .buildSelfSigned();
    Path certificate = Files.writeString(temp.resolve("a.crt"), made.getCertificatePEM());
    Path key = Files.writeString(temp.resolve("a.key"), made.getPrivateKeyPEM());
    assertThat(tlsErrors(certificate, key)).isEmpty();
  }

  @Test
  void anEmptyFileIsZeroConfiguration() {
    assertThat(read("").upstreams()).isEqualTo(UpstreamConfig.defaults());
    assertThat(read("# nothing\n").listen().port()).isEqualTo(4180);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "\ufefflisten: {port: 7}\n",
        "listen:\r\n  port: 7\r\n",
        "---\nlisten: {port: 7}\n...\n"
      })
  void filesOfOtherEditorsAreRead(String yaml) {
    assertThat(read(yaml).listen().port()).isEqualTo(7);
  }

  @Test
  void aVariableMayBePartOfAnAddress() {
    String yaml = "upstreams: [{name: a, protocol: openai-chat, url: 'http://${HOST}/v1'}]";
    assertThat(read(yaml).upstreams().getFirst().authority()).isEqualTo("127.0.0.1:9");
  }
}
