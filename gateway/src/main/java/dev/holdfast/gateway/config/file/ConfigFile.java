package dev.holdfast.gateway.config.file;

import dev.holdfast.gateway.config.GatewayConfig;
import dev.holdfast.gateway.config.InvalidConfigException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A configuration file: one YAML 1.2 document, read strictly. docs/gateway.md has its keys; its
 * JSON Schema is {@link #schema}. Secrets come from the environment by {@code ${NAME}}.
 */
public final class ConfigFile {
  private static final int MAX_BYTES = 1 << 20;

  private ConfigFile() {}

  /**
   * {@return the configuration of a file} Certificate and key are read, too.
   *
   * @param environment where {@code ${NAME}} is looked up
   * @throws InvalidConfigException with all errors, each "file:line: key: rule, was value"
   */
  public static GatewayConfig read(Path file, Environment environment) {
    String name = file.toString();
    byte[] bytes;
    try (InputStream in = Files.newInputStream(file)) {
      bytes = in.readNBytes(MAX_BYTES + 1);
    } catch (IOException e) {
      throw new InvalidConfigException(List.of(name + ": must be a file that can be read"));
    }
    if (bytes.length > MAX_BYTES) {
      throw new InvalidConfigException(List.of(name + ": must be at most 1 MiB, was longer"));
    }
    try {
      return read(
          name,
          StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString(),
          environment,
          true);
    } catch (CharacterCodingException e) {
      throw new InvalidConfigException(List.of(name + ": must be text in UTF-8"));
    }
  }

  /**
   * {@return the configuration of a text; {@code name} stands in errors} Files that it names are
   * not read.
   */
  public static GatewayConfig read(String name, String text, Environment environment) {
    return read(name, text, environment, false);
  }

  private static GatewayConfig read(
      String name, String text, Environment environment, boolean readsFiles) {
    var findings = new Findings(name);
    GatewayConfig config = bind(text, environment, findings, readsFiles);
    if (config == null || !findings.isEmpty()) {
      throw new InvalidConfigException(findings.all());
    }
    return config;
  }

  /**
   * {@return the paths of all keys that the reader knows, for a text in which every list has one}
   */
  static Set<String> known(String text, Environment environment) {
    var findings = new Findings("known");
    GatewayConfig unused = bind(text, environment, findings, false);
    return findings.known();
  }

  private static @Nullable GatewayConfig bind(
      String text, Environment environment, Findings findings, boolean readsFiles) {
    YamlTree tree = YamlTree.parse(text, findings);
    if (tree == null) {
      return null;
    }
    if (!(tree instanceof YamlTree.Section root)) {
      findings.add(tree.line(), "file", "must be a section with keys of its own");
      return null;
    }
    var binding = new Binding(findings, environment, "", 1, root.members());
    var reader = new ConfigReader(findings, readsFiles);
    GatewayConfig config = reader.config(binding);
    binding.end();
    return config;
  }

  /** {@return the JSON Schema (2020-12) of the file, for editors} */
  public static String schema() {
    try (InputStream in = ConfigFile.class.getResourceAsStream("gateway.schema.json")) {
      return new String(Objects.requireNonNull(in).readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
