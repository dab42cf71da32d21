package dev.holdfast.gateway.config;

import dev.holdfast.core.guard.SafeUrl;
import dev.holdfast.core.policy.Profiles;
import dev.holdfast.core.provider.Dialects;
import dev.holdfast.core.stream.Check;
import java.net.URI;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;

/**
 * One upstream: a provider's endpoint.
 *
 * @param name its name in logs, metrics and the header {@code x-holdfast-upstream}
 * @param family which provider's paths it serves
 * @param protocol the id of the protocol that it was configured for
 * @param base an http or https address; its path ends before {@code /chat/completions}, {@code
 *     /messages} and the like
 * @param profile the profile that sets how its answers are continued; empty to go by host and
 *     model, or by how the server names itself
 * @param credential with what requests are let in there
 * @param repair whether its streams are written anew, frame by frame: for servers whose streams are
 *     complete but break clients
 * @param http2 whether HTTP/2 is offered to a server with TLS
 */
public record UpstreamConfig(
    String name,
    Family family,
    String protocol,
    URI base,
    String profile,
    Credential credential,
    boolean repair,
    Http2 http2) {
  /** The protocols that an upstream may be configured for. */
  public static final List<String> PROTOCOLS =
      List.of(
          Dialects.OPENAI_CHAT,
          Dialects.OPENAI_RESPONSES,
          Dialects.ANTHROPIC_MESSAGES,
          Dialects.GEMINI_SSE,
          Dialects.OLLAMA_CHAT);

  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9._:\\[\\]-]{1,128}");

  /** An address without its scheme. Other text without one may be a key, and is not shown. */
  private static final Pattern BARE = Pattern.compile("[A-Za-z0-9.-]{1,253}:[0-9]{1,5}(/.*)?");

  private static final int MAX_PORT = 65_535;

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

  /** Whether HTTP/2 is offered to an upstream. */
  public enum Http2 {
    /** Offered by TLS, and spoken where the server selects it. */
    AUTO,
    /** Not offered: HTTP/1.1. */
    OFF
  }

  /** Checks the address. */
  public UpstreamConfig {
    // It becomes a label of metrics and a header's value.
    Check.that(
        NAME.matcher(name).matches(), "name", "must be 1 to 128 of A-Z a-z 0-9 . _ : -", name);
    String scheme = String.valueOf(base.getScheme()).toLowerCase(Locale.ROOT);
    Check.that(
        (scheme.equals("http") || scheme.equals("https")) && base.getHost() != null,
        "upstream",
        "must have an http or https address with a host",
        shown(base.toString()));
    Check.that(
        base.getPort() <= MAX_PORT && base.getPort() != 0,
        "upstream",
        "must have a port of 1 to 65535",
        base.getPort());
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
              + shown(text.substring(sign + 1).strip()));
    }
    String host = base.getHost();
    String port = base.getPort() < 0 ? "" : ":" + base.getPort();
    return new UpstreamConfig(
        host == null ? protocol : host + port,
        family,
        protocol,
        base,
        "",
        Credential.PASSED,
        false,
        Http2.AUTO);
  }

  private static String shown(String address) {
    return BARE.matcher(address).matches() ? SafeUrl.target(address) : SafeUrl.of(address);
  }

  /** {@return a copy with another name} */
  public UpstreamConfig withName(String name) {
    return new UpstreamConfig(name, family, protocol, base, profile, credential, repair, http2);
  }

  /** {@return a copy whose requests are let in otherwise} */
  public UpstreamConfig withCredential(Credential credential) {
    return new UpstreamConfig(name, family, protocol, base, profile, credential, repair, http2);
  }

  /**
   * {@return a copy whose answers are continued by a profile, in the protocols that have it}
   *
   * @throws IllegalArgumentException if the upstream's protocol has none of that name
   */
  public UpstreamConfig withProfile(String name) {
    String found = Profiles.DEFAULT.named(name, protocol).name();
    return new UpstreamConfig(this.name, family, protocol, base, found, credential, repair, http2);
  }

  /** {@return a copy whose streams are written anew, or not} */
  public UpstreamConfig withRepair(boolean repair) {
    return new UpstreamConfig(name, family, protocol, base, profile, credential, repair, http2);
  }

  /** {@return a copy to which HTTP/2 is offered, or not} */
  public UpstreamConfig withHttp2(Http2 http2) {
    return new UpstreamConfig(name, family, protocol, base, profile, credential, repair, http2);
  }

  private static Family family(String protocol) {
    return switch (protocol) {
      case Dialects.OPENAI_CHAT, Dialects.OPENAI_RESPONSES -> Family.OPENAI;
      case Dialects.ANTHROPIC_MESSAGES -> Family.ANTHROPIC;
      case Dialects.GEMINI_SSE -> Family.GOOGLE;
      case Dialects.OLLAMA_CHAT -> Family.OLLAMA;
      default ->
          throw new IllegalArgumentException(
              "upstream: protocol must be one of "
                  + String.join(", ", PROTOCOLS)
                  + ", was '"
                  + protocol
                  + "'");
    };
  }

  /**
   * Checks upstreams that share requests. S10: a client's key goes to one origin only.
   *
   * @throws IllegalArgumentException "credential: rule, was value"
   */
  static void checkOrigins(List<UpstreamConfig> asked) {
    var origins =
        asked.stream()
            .filter(upstream -> upstream.credential() instanceof Credential.Passed)
            .map(UpstreamConfig::origin)
            .distinct()
            .toList();
    Check.that(
        origins.size() <= 1,
        "credential",
        "must be set where several upstreams share requests, as a client's key goes to one origin",
        String.join(" and ", origins));
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

  /** {@return scheme, host and port: what a credential is for (RFC 6454)} */
  public String origin() {
    return (isTls() ? "https" : "http") + "://" + host().toLowerCase(Locale.ROOT) + ":" + port();
  }

  /** {@return what the header {@code Host} carries} */
  public String authority() {
    return String.valueOf(base.getRawAuthority());
  }
}
