package dev.holdfast.gateway.config;

import dev.holdfast.core.guard.SafeUrl;
import dev.holdfast.core.policy.Profiles;
import dev.holdfast.core.provider.Dialects;
import dev.holdfast.core.stream.Check;
import java.net.URI;
import java.util.List;
import java.util.Locale;

/**
 * One upstream: a provider's endpoint.
 *
 * @param name its name in logs, metrics and the header {@code x-holdfast-upstream}
 * @param family which provider's paths it serves
 * @param protocol the id of the protocol that it was configured for
 * @param base an http or https address; its path ends before {@code /chat/completions}, {@code
 *     /messages} and the like
 * @param profile the profile that says how its answers are continued; empty to go by host and
 *     model, or by how the server names itself
 */
public record UpstreamConfig(
    String name, Family family, String protocol, URI base, String profile) {
  /** Whose paths an upstream serves. */
  public enum Family {
    /** Chat Completions, Responses and everything else below {@code /v1}. */
    OPENAI,
    /** Messages, and what clients of Anthropic's protocol ask besides. */
    ANTHROPIC,
    /** Gemini's {@code models/M:method}. */
    GOOGLE,
    /** Everything below {@code /api}. */
    OLLAMA
  }

  /** Checks the address. */
  public UpstreamConfig {
    Check.that(!name.isBlank(), "name", "must not be blank", "'" + name + "'");
    String scheme = String.valueOf(base.getScheme()).toLowerCase(Locale.ROOT);
    Check.that(
        (scheme.equals("http") || scheme.equals("https")) && base.getHost() != null,
        "upstream",
        "must have an http or https address with a host",
        SafeUrl.of(base.toString()));
    Check.that(
        base.getRawUserInfo() == null, "upstream", "must not contain a password", "(hidden)");
    Check.that(
        base.getRawQuery() == null && base.getRawFragment() == null,
        "upstream",
        "must have neither query nor fragment",
        SafeUrl.of(base.toString()));
  }

  /**
   * {@return the upstream that a text names}
   *
   * @param text {@code PROTOCOL=BASE_URL}, for example {@code openai-chat=http://127.0.0.1:9000/v1}
   * @throws IllegalArgumentException "upstream: rule, was value"
   */
  public static UpstreamConfig parse(String text) {
    int sign = text.indexOf('=');
    Check.that(sign > 0, "upstream", "must be PROTOCOL=BASE_URL", SafeUrl.of(text));
    String protocol = text.substring(0, sign).strip();
    var family = family(protocol);
    URI base;
    try {
      base = URI.create(text.substring(sign + 1).strip());
    } catch (IllegalArgumentException e) {
      // Its own message repeats the whole address.
      throw new IllegalArgumentException(
          "upstream: must have an http or https address, was "
              + SafeUrl.of(text.substring(sign + 1)));
    }
    String host = base.getHost();
    String port = base.getPort() < 0 ? "" : ":" + base.getPort();
    return new UpstreamConfig(host == null ? protocol : host + port, family, protocol, base, "");
  }

  /**
   * {@return a copy whose answers are continued by a profile, in the protocols that have it}
   *
   * @throws IllegalArgumentException if the upstream's protocol has none of that name
   */
  public UpstreamConfig withProfile(String name) {
    return new UpstreamConfig(
        this.name, family, protocol, base, Profiles.DEFAULT.named(name, protocol).name());
  }

  private static Family family(String protocol) {
    return switch (protocol) {
      case Dialects.OPENAI_CHAT, Dialects.OPENAI_RESPONSES -> Family.OPENAI;
      case Dialects.ANTHROPIC_MESSAGES -> Family.ANTHROPIC;
      case Dialects.GEMINI_SSE -> Family.GOOGLE;
      case Dialects.OLLAMA_CHAT -> Family.OLLAMA;
      default ->
          throw new IllegalArgumentException(
              "upstream: protocol must be one of openai-chat, openai-responses,"
                  + " anthropic-messages, gemini-sse, ollama-chat, was '"
                  + protocol
                  + "'");
    };
  }

  /** {@return what is served where nothing is configured: the providers' own endpoints} */
  public static List<UpstreamConfig> defaults() {
    return List.of(
        parse("openai-chat=https://api.openai.com/v1"),
        parse("anthropic-messages=https://api.anthropic.com/v1"),
        parse("gemini-sse=https://generativelanguage.googleapis.com/v1beta"),
        parse("ollama-chat=http://127.0.0.1:11434"));
  }

  /** {@return whether connections are TLS} */
  public boolean isTls() {
    return "https".equalsIgnoreCase(base.getScheme());
  }

  /** {@return the host, an IPv6 address without brackets} */
  public String host() {
    String host = String.valueOf(base.getHost());
    return host.startsWith("[") ? host.substring(1, host.length() - 1) : host;
  }

  /** {@return the port} */
  public int port() {
    int port = base.getPort();
    return port >= 0 ? port : isTls() ? 443 : 80;
  }

  /** {@return what the header {@code Host} carries} */
  public String authority() {
    return String.valueOf(base.getRawAuthority());
  }
}
