package dev.holdfast.client;

import dev.holdfast.client.environment.Environment;
import dev.holdfast.core.dialect.ChatDialect;
import dev.holdfast.core.dialect.ProviderRequest;
import dev.holdfast.core.guard.Redactor;
import dev.holdfast.core.guard.SafeUrl;
import dev.holdfast.core.guard.SecretNames;
import dev.holdfast.core.json.Json;
import dev.holdfast.core.policy.Capability;
import dev.holdfast.core.policy.Profiles;
import dev.holdfast.core.provider.Dialects;
import dev.holdfast.core.request.ChatRequest;
import dev.holdfast.core.spi.Transport;
import dev.holdfast.core.stream.Check;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** A provider's endpoint. Immutable. */
public final class Upstream {
  private static final Pattern VERSION = Pattern.compile("v\\d+((alpha|beta)\\d*)?");

  /** What the name of a header may have besides letters and digits. */
  private static final String TOKEN_SIGNS = "!#$%&'*+.^_`|~-";

  private static final List<String> ACCEPT = List.of("text/event-stream, */*;q=0.1");

  private static final List<String> JSON = List.of("application/json");

  /** Compression would hold tokens back until a block is full. */
  private static final List<String> IDENTITY = List.of("identity");

  private static final List<String> AGENT = List.of("holdfast-java");

  private static final int MAX_PORT = 65_535;

  /** A header's content of this length without a space may be a key, under any name. */
  private static final int OPAQUE = 20;

  /** Set by the transport from the connection and the body; java.net.http refuses them. */
  private static final Set<String> RESERVED =
      Set.of("connection", "content-length", "expect", "host", "transfer-encoding", "upgrade");

  private final String name;
  private final Place place;
  private final @Nullable Secret key;
  private final Map<String, String> headers;
  private final Map<String, String> members;
  private final @Nullable Capability capability;

  /**
   * Checks the name; the rest is checked.
   *
   * @param headers not changed by the caller any more
   * @param members not changed by the caller any more
   */
  private Upstream(
      String name,
      Place place,
      @Nullable Secret key,
      Map<String, String> headers,
      Map<String, String> members,
      @Nullable Capability capability) {
    Objects.requireNonNull(name, "name");
    Check.that(!name.isBlank(), "name", "must not be blank", "'" + name + "'");
    this.name = name;
    this.place = place;
    this.key = key;
    this.headers = Collections.unmodifiableMap(headers);
    this.members = Collections.unmodifiableMap(members);
    this.capability = capability;
  }

  /** {@return an http or https address} */
  private static URI checked(URI baseUrl) {
    String scheme = String.valueOf(baseUrl.getScheme()).toLowerCase(Locale.ROOT);
    boolean web = scheme.equals("http") || scheme.equals("https");
    if (!web || baseUrl.getHost() == null) {
      throw refused("must be an http or https address with a host", baseUrl);
    }
    Check.that(
        baseUrl.getRawUserInfo() == null, "baseUrl", "must not contain a password", "(hidden)");
    Check.that(
        baseUrl.getPort() <= MAX_PORT, "baseUrl", "port must be at most 65535", baseUrl.getPort());
    if (baseUrl.getRawFragment() != null) {
      throw refused("must not have a fragment", baseUrl);
    }
    return baseUrl;
  }

  private static IllegalArgumentException refused(String rule, URI baseUrl) {
    return new IllegalArgumentException(
        "baseUrl: " + rule + ", was " + SafeUrl.of(baseUrl.toString()));
  }

  /** {@return OpenAI's own endpoint} */
  public static Upstream openAi(String key) {
    Objects.requireNonNull(key, "key");
    return of("openai-chat", "https://api.openai.com/v1", key);
  }

  /** {@return Anthropic's own endpoint} */
  public static Upstream anthropic(String key) {
    Objects.requireNonNull(key, "key");
    return of("anthropic-messages", "https://api.anthropic.com/v1", key);
  }

  /** {@return Google's own endpoint for Gemini} */
  public static Upstream gemini(String key) {
    Objects.requireNonNull(key, "key");
    return of("gemini-sse", "https://generativelanguage.googleapis.com/v1beta", key);
  }

  /**
   * {@return any compatible endpoint, named after its host, and its port if the address has one}
   *
   * @param dialectId for example {@code openai-chat}
   * @throws IllegalArgumentException if the dialect is unknown or the address is none
   */
  public static Upstream of(String dialectId, String baseUrl, @Nullable String key) {
    Objects.requireNonNull(dialectId, "dialectId");
    Objects.requireNonNull(baseUrl, "baseUrl");
    URI uri = parse(baseUrl);
    return new Upstream(
        nameOf(uri, dialectId),
        new Place(Dialects.chat(dialectId), checked(uri)),
        key == null ? null : Secret.of(key),
        Map.of(),
        Map.of(),
        null);
  }

  /** {@return host and port: two servers of one machine are two upstreams} */
  private static String nameOf(URI uri, String dialectId) {
    String port = uri.getPort() < 0 ? "" : ":" + uri.getPort();
    return uri.getHost() == null ? dialectId : uri.getHost() + port;
  }

  /**
   * {@return the only provider that the environment names} It is named by the variables that the
   * providers' own SDKs read: {@code OPENAI_API_KEY}, {@code ANTHROPIC_API_KEY} (or {@code
   * ANTHROPIC_AUTH_TOKEN}), {@code GOOGLE_API_KEY} or {@code GEMINI_API_KEY}, {@code OLLAMA_HOST};
   * or by its address alone: {@code OPENAI_BASE_URL}, {@code ANTHROPIC_BASE_URL}, {@code
   * GOOGLE_GEMINI_BASE_URL}.
   *
   * @throws IllegalArgumentException if it names none or several; the message names the variables
   */
  public static Upstream fromEnv() {
    return of(new Environment(System.getenv()).only());
  }

  /**
   * {@return the provider of a protocol, with the key and the address of the environment} The
   * variables are those of {@link #fromEnv()}; for Ollama none needs to be set.
   *
   * @throws IllegalArgumentException if neither a key nor an address is set, or no variables are
   *     known for the protocol
   */
  public static Upstream fromEnv(String dialectId) {
    return fromEnv(dialectId, System.getenv());
  }

  /** As {@link #fromEnv(String)}, from the given variables. */
  public static Upstream fromEnv(String dialectId, Map<String, String> variables) {
    Objects.requireNonNull(dialectId, "dialectId");
    return of(new Environment(variables).of(dialectId));
  }

  private static Upstream of(Environment.Endpoint endpoint) {
    var upstream = of(endpoint.dialectId(), endpoint.address(), endpoint.key());
    for (var header : endpoint.headers().entrySet()) {
      upstream = upstream.withHeader(header.getKey(), header.getValue());
    }
    return upstream;
  }

  /** {@return a copy at another address, and named after it unless it was given a name} */
  public Upstream at(String baseUrl) {
    URI uri = parse(baseUrl);
    var dialect = dialect();
    boolean isGiven = !name.equals(nameOf(baseUrl(), dialect.id()));
    String named = isGiven ? name : nameOf(uri, dialect.id());
    var there = new Place(dialect, checked(uri));
    return new Upstream(named, there, key, headers, members, capability);
  }

  /** {@return a copy with one more request header} */
  public Upstream withHeader(String name, String content) {
    Objects.requireNonNull(name, "name");
    Objects.requireNonNull(content, "content");
    checkHeader(name, content);
    return withChecked(Map.of(name, content));
  }

  /** {@return a copy with further headers that were checked} */
  Upstream withChecked(Map<String, String> further) {
    var more = new LinkedHashMap<>(headers);
    more.putAll(further);
    return new Upstream(name, place, key, more, members, capability);
  }

  /**
   * {@return a copy with one more top-level member of the bodies that Holdfast writes for it, its
   * value as JSON text} One of the same name in a {@link ChatRequest} replaces it. Bodies of the
   * caller's own stay as they are.
   *
   * @throws IllegalArgumentException if the value is not JSON
   */
  public Upstream with(String name, String json) {
    Objects.requireNonNull(name, "name");
    Objects.requireNonNull(json, "json");
    Check.that(!name.isBlank(), "name", "must not be blank", "'" + name + "'");
    Check.that(
        Json.isValid(json), "json", "must be JSON text", json.length() + " other characters");
    var more = new LinkedHashMap<>(members);
    more.put(name, json);
    return new Upstream(this.name, place, key, headers, more, capability);
  }

  /** {@return a copy with another name, not blank} */
  public Upstream withName(String name) {
    return new Upstream(name, place, key, headers, members, capability);
  }

  /** {@return a copy with a capability of its own, in place of the profile of its provider} */
  public Upstream withCapability(Capability capability) {
    Objects.requireNonNull(capability, "capability");
    return new Upstream(name, place, key, headers, members, capability);
  }

  /** {@return its name in reports} */
  public String name() {
    return name;
  }

  /** {@return its protocol} */
  public ChatDialect dialect() {
    return place.dialect;
  }

  /**
   * {@return its http or https address} It ends before {@code /chat/completions}, {@code /messages}
   * and the like. The protocol's version, mostly {@code /v1}, is added where the path has none. A
   * query is kept.
   */
  public URI baseUrl() {
    return place.baseUrl;
  }

  /** {@return its key; empty where it needs none} */
  public Optional<Secret> key() {
    return Optional.ofNullable(key);
  }

  /** {@return further request headers by name; they replace Holdfast's own} */
  public Map<String, String> headers() {
    return headers;
  }

  /** {@return further top-level members of written bodies as JSON text, by name} */
  public Map<String, String> members() {
    return members;
  }

  /**
   * {@return how its models can be made to continue; empty where the profile of its provider
   * decides}
   */
  public Optional<Capability> capability() {
    return Optional.ofNullable(capability);
  }

  /** {@return where a request goes} */
  URI address(String path) {
    return place.address(path);
  }

  /** An address and a protocol, and what they decide of every request. */
  private static final class Place {
    private final ChatDialect dialect;
    private final URI baseUrl;

    /** Nearly all requests go to one path. */
    private volatile @Nullable Known last;

    private volatile @Nullable String keyHeader;

    private record Known(String path, URI address) {}

    Place(ChatDialect dialect, URI baseUrl) {
      this.dialect = dialect;
      this.baseUrl = baseUrl;
    }

    URI address(String path) {
      var known = last;
      if (known == null || !known.path.equals(path)) {
        known = new Known(path, made(path));
        last = known;
      }
      return known.address;
    }

    private URI made(String path) {
      String base = baseUrl.getRawPath() == null ? "" : baseUrl.getRawPath().replaceAll("/+$", "");
      var segments = new ArrayList<>(List.of(base.split("/")));
      boolean versioned = segments.stream().anyMatch(VERSION.asMatchPredicate());
      String root = base;
      if (path.startsWith("/")) {
        // From the root, which ends before the version, or before Ollama's api.
        while (!segments.isEmpty() && isVersion(segments.getLast())) {
          segments.removeLast();
        }
        root = String.join("/", segments);
      } else {
        root = base + (versioned ? "/" : "/" + dialect.version() + "/");
      }
      String query = baseUrl.getRawQuery() == null ? "" : baseUrl.getRawQuery();
      String sign = query.isEmpty() ? "" : path.contains("?") ? "&" : "?";
      return URI.create(
          baseUrl.getScheme() + "://" + baseUrl.getRawAuthority() + root + path + sign + query);
    }

    private static boolean isVersion(String segment) {
      return segment.equals("api") || VERSION.matcher(segment).matches();
    }

    /** {@return the header that carries the key} */
    String keyHeader() {
      var known = keyHeader;
      if (known == null) {
        String named = Profiles.DEFAULT.find(dialect.id(), baseUrl.getHost(), "").keyHeader();
        known = named.isEmpty() ? dialect.keyHeader() : named;
        keyHeader = known;
      }
      return known;
    }
  }

  /** {@return the port that requests go to} */
  int port() {
    int named = baseUrl().getPort();
    if (named >= 0) {
      return named;
    }
    return "https".equalsIgnoreCase(baseUrl().getScheme()) ? 443 : 80;
  }

  /** {@return the request of one attempt} */
  Transport.Request request(ProviderRequest call, int retries, Duration connectTimeout) {
    var named = new TreeMap<String, List<String>>(String.CASE_INSENSITIVE_ORDER);
    if (!call.body().isEmpty()) {
      named.put("Content-Type", JSON);
    }
    named.put("Accept", ACCEPT);
    named.put("Accept-Encoding", IDENTITY);
    named.put("User-Agent", AGENT);
    // Lets a gateway of ours see that the caller retries already, and not retry in turn.
    named.put("X-Stainless-Retry-Count", List.of(Integer.toString(retries)));
    for (var header : call.headers().entrySet()) {
      named.put(header.getKey(), List.of(header.getValue()));
    }
    if (key != null) {
      String header = place.keyHeader();
      boolean bearer = header.equals("Authorization");
      named.put(header, List.of(bearer ? "Bearer " + key.reveal() : key.reveal()));
    }
    for (var header : headers.entrySet()) {
      named.put(header.getKey(), List.of(header.getValue()));
    }
    return new Transport.Request(
        call.method(), address(call.path()), named, call.body(), connectTimeout);
  }

  /** {@return what requests carry that must not be shown, as servers may echo it} */
  List<String> secrets() {
    var secrets = new ArrayList<String>();
    if (key != null) {
      secrets.add(key.reveal());
    }
    secrets.addAll(secretsOf(headers));
    String query = baseUrl().getRawQuery();
    for (String pair : query == null ? new String[0] : query.split("&", -1)) {
      int equals = pair.indexOf('=');
      if (equals > 0 && !SecretNames.isHarmlessParameter(pair.substring(0, equals))) {
        String content = pair.substring(equals + 1);
        secrets.add(content);
        // Percent signs are right in an address, so this cannot fail.
        secrets.add(URLDecoder.decode(content, StandardCharsets.UTF_8));
      }
    }
    return secrets;
  }

  /** {@return contents of headers that must not be shown} */
  static List<String> secretsOf(Map<String, String> headers) {
    var secrets = new ArrayList<String>();
    for (var header : headers.entrySet()) {
      String name = header.getKey();
      String content = header.getValue();
      boolean opaque = content.length() >= OPAQUE && content.indexOf(' ') < 0;
      if (SecretNames.isCredential(name) || (opaque && !SecretNames.isHarmlessHeader(name))) {
        secrets.add(content);
      }
    }
    return secrets;
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof Upstream that
        && name.equals(that.name)
        && dialect().equals(that.dialect())
        && baseUrl().equals(that.baseUrl())
        && Objects.equals(key, that.key)
        && headers.equals(that.headers)
        && members.equals(that.members)
        && Objects.equals(capability, that.capability);
  }

  @Override
  public int hashCode() {
    return Objects.hash(name, dialect(), baseUrl(), key, headers, members, capability);
  }

  /** {@return everything except keys and the contents of headers, which may be keys too} */
  @Override
  public String toString() {
    return "Upstream[name=%s, dialect=%s, baseUrl=%s, headers=%s]"
        .formatted(
            Redactor.SHAPES.text(name),
            dialect().id(),
            SafeUrl.of(baseUrl().toString()),
            headers.keySet());
  }

  static void checkHeader(String name, String content) {
    // A header and its value may be in the place of the name.
    Check.that(
        isToken(name),
        "headers",
        "names must be HTTP tokens",
        name.indexOf(':') < 0 && name.length() <= OPAQUE
            ? Redactor.SHAPES.text(name)
            : name.length() + " characters (hidden)");
    Check.that(
        !RESERVED.contains(name.toLowerCase(Locale.ROOT)),
        "headers",
        "must not name what the transport sets",
        name);
    Check.that(
        isPrintable(content), "headers", "contents must be printable ASCII", name + ": (hidden)");
  }

  private static boolean isToken(String name) {
    for (int i = 0; i < name.length(); i++) {
      char c = name.charAt(i);
      boolean plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
      if (!plain && TOKEN_SIGNS.indexOf(c) < 0) {
        return false;
      }
    }
    return !name.isEmpty();
  }

  private static boolean isPrintable(String content) {
    for (int i = 0; i < content.length(); i++) {
      char c = content.charAt(i);
      if (c != '\t' && (c < ' ' || c >= 0x7f)) {
        return false;
      }
    }
    return true;
  }

  private static URI parse(String baseUrl) {
    Objects.requireNonNull(baseUrl, "baseUrl");
    try {
      return URI.create(baseUrl.strip());
    } catch (IllegalArgumentException e) {
      // Its own message repeats the whole address.
      throw new IllegalArgumentException(
          "baseUrl: must be an http or https address, was " + SafeUrl.of(baseUrl));
    }
  }
}
