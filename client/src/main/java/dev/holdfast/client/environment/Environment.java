package dev.holdfast.client.environment;

import dev.holdfast.core.stream.Check;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The variables by which the providers' own SDKs and tools are configured. A variable that is blank
 * counts as absent, as most of them have it.
 */
public final class Environment {
  /**
   * What the variables name.
   *
   * @param dialectId the protocol
   * @param address the provider's
   * @param key null if none is set
   * @param headers further request headers by name
   */
  public record Endpoint(
      String dialectId, String address, @Nullable String key, Map<String, String> headers) {
    /** {@return the protocol and the names of the headers; keys stay out of logs} */
    @Override
    public String toString() {
      return "Endpoint[dialectId=%s, headers=%s]".formatted(dialectId, headers.keySet());
    }
  }

  /**
   * One provider.
   *
   * @param dialect the protocol that its variables stand for
   * @param keys the variables of its key, the preferred one first
   * @param address the variable of its address
   * @param standard its own address
   * @param needsKey whether its own address needs a key
   */
  private record Provider(
      String dialect, List<String> keys, String address, String standard, boolean needsKey) {}

  private static final int OLLAMA_PORT = 11434;

  private static final List<Provider> PROVIDERS =
      List.of(
          new Provider(
              "openai-chat",
              List.of("OPENAI_API_KEY"),
              "OPENAI_BASE_URL",
              "https://api.openai.com/v1",
              true),
          new Provider(
              "anthropic-messages",
              List.of("ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN"),
              "ANTHROPIC_BASE_URL",
              "https://api.anthropic.com/v1",
              true),
          // google-genai prefers GOOGLE_API_KEY where both are set.
          new Provider(
              "gemini-sse",
              List.of("GOOGLE_API_KEY", "GEMINI_API_KEY"),
              "GOOGLE_GEMINI_BASE_URL",
              "https://generativelanguage.googleapis.com/v1beta",
              true),
          new Provider(
              "ollama-chat",
              List.of("OLLAMA_API_KEY"),
              "OLLAMA_HOST",
              "http://127.0.0.1:" + OLLAMA_PORT,
              false));

  private final Map<String, String> variables;

  /** Reads from the given variables. */
  public Environment(Map<String, String> variables) {
    this.variables = Objects.requireNonNull(variables, "variables");
  }

  /**
   * {@return the only provider that the variables name}
   *
   * @throws IllegalArgumentException if they name none or several
   */
  public Endpoint only() {
    var named = new ArrayList<String>();
    Provider found = null;
    for (Provider provider : PROVIDERS) {
      String by = variableOf(provider);
      if (by != null) {
        named.add(by);
        found = provider;
      }
    }
    if (found == null || named.size() > 1) {
      throw new IllegalArgumentException(
          "environment: must name one provider by OPENAI_API_KEY, ANTHROPIC_API_KEY, GEMINI_API_KEY"
              + " or OLLAMA_HOST, was "
              + (named.isEmpty() ? "none" : String.join(" and ", named)));
    }
    return endpoint(found, found.dialect());
  }

  /**
   * {@return the provider of a protocol}
   *
   * @throws IllegalArgumentException if no variables are known for the protocol, or none is set
   */
  public Endpoint of(String dialectId) {
    // Two protocols of one provider share its variables.
    String known =
        switch (dialectId) {
          case "openai-responses" -> "openai-chat";
          case "gemini-interactions" -> "gemini-sse";
          default -> dialectId;
        };
    for (Provider provider : PROVIDERS) {
      if (provider.dialect().equals(known)) {
        return endpoint(provider, dialectId);
      }
    }
    throw new IllegalArgumentException(
        "dialectId: must be one with variables: openai-chat, openai-responses, anthropic-messages,"
            + " gemini-sse, gemini-interactions or ollama-chat, was "
            + dialectId);
  }

  private Endpoint endpoint(Provider provider, String dialectId) {
    String named = read(provider.address());
    String address = named == null ? provider.standard() : named;
    if (provider.address().equals("OLLAMA_HOST") && named != null) {
      address = ollama(named);
    }
    String variable = variableOf(provider.keys());
    Check.that(
        variable != null || named != null || !provider.needsKey(),
        String.join(" or ", provider.keys()),
        "must be set where " + provider.address() + " is not",
        "unset");
    String key = variable == null ? null : read(variable);
    if (key != null && "ANTHROPIC_AUTH_TOKEN".equals(variable)) {
      // A token is a bearer's; a key has a header of its own.
      return new Endpoint(dialectId, address, null, Map.of("Authorization", "Bearer " + key));
    }
    return new Endpoint(dialectId, address, key, headers(provider));
  }

  /** {@return the headers of OpenAI's organisation and project} */
  private Map<String, String> headers(Provider provider) {
    var headers = new LinkedHashMap<String, String>();
    if (provider.dialect().equals("openai-chat")) {
      String organisation = read("OPENAI_ORG_ID");
      if (organisation != null) {
        headers.put("OpenAI-Organization", organisation);
      }
      String project = read("OPENAI_PROJECT_ID");
      if (project != null) {
        headers.put("OpenAI-Project", project);
      }
    }
    return headers;
  }

  private @Nullable String variableOf(Provider provider) {
    String key = variableOf(provider.keys());
    return key != null || read(provider.address()) == null ? key : provider.address();
  }

  /** {@return the first of some variables that is set} */
  private @Nullable String variableOf(List<String> names) {
    return names.stream().filter(name -> read(name) != null).findFirst().orElse(null);
  }

  private @Nullable String read(String name) {
    String value = variables.get(name);
    return value == null || value.isBlank() ? null : value.strip();
  }

  /**
   * {@return an address out of {@code OLLAMA_HOST}, which may lack the scheme, the host and the
   * port} The server listens at it too, so it may be the address of no single machine.
   */
  private static String ollama(String host) {
    int mark = host.indexOf("://");
    String scheme = mark < 0 ? "http" : host.substring(0, mark);
    String rest = mark < 0 ? host : host.substring(mark + "://".length());
    int slash = rest.indexOf('/');
    String authority = slash < 0 ? rest : rest.substring(0, slash);
    String path = slash < 0 ? "" : rest.substring(slash);
    int colon = authority.lastIndexOf(':');
    // Of an IPv6 address the colons are within brackets, or there are several without a port.
    boolean only = colon >= 0 && authority.indexOf(':') == colon;
    boolean port = only || (colon > 0 && authority.charAt(colon - 1) == ']');
    String name = port ? authority.substring(0, colon) : authority;
    String number = port ? authority.substring(colon + 1) : "";
    if (name.indexOf(':') >= 0 && name.charAt(0) != '[') {
      name = "[" + name + "]";
    }
    if (Set.of("", "0.0.0.0", "[::]").contains(name)) {
      name = "127.0.0.1";
    }
    int standard =
        mark < 0 ? OLLAMA_PORT : scheme.equals("https") ? 443 : scheme.equals("http") ? 80 : 0;
    return scheme + "://" + name + ":" + (number.isEmpty() ? standard : number) + path;
  }
}
