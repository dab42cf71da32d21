package dev.holdfast.okhttp;

import dev.holdfast.client.relay.RelayedRequest;
import dev.holdfast.client.relay.StreamRelay;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import okhttp3.Call;
import okhttp3.Interceptor;
import okhttp3.OkHttpClient;
import okhttp3.Request;
import okhttp3.Response;
import okio.Buffer;
import org.jspecify.annotations.Nullable;

/**
 * An application interceptor that keeps streamed answers whole. Add it last, so that it receives
 * the request as it is sent: {@code
 * OpenAIOkHttpClient.builder().addInterceptor(HoldfastInterceptor.create())}. Thread-safe.
 *
 * <p>Until the head of a 2xx has come the SDK retries by its own rule; what breaks afterwards is
 * continued here, through a client of its own. Everything that is no stream passes untouched.
 */
public final class HoldfastInterceptor implements Interceptor {
  private static final System.Logger LOGGER = System.getLogger("dev.holdfast.okhttp");

  private final StreamRelay relay;
  private final Call.Factory continuations;

  /** What was reported, once for a process. */
  private static final Set<String> WARNED = ConcurrentHashMap.newKeySet();

  private HoldfastInterceptor(StreamRelay relay, Call.Factory continuations) {
    this.relay = relay;
    this.continuations = continuations;
  }

  /** {@return an interceptor with the defaults} Continuations go through a client of its own. */
  public static HoldfastInterceptor create() {
    return create(relay(), new OkHttpClient());
  }

  /** {@return a relay with the defaults, whose warnings go to the logger of this package} */
  private static StreamRelay relay() {
    return StreamRelay.builder().warnings(HoldfastInterceptor::warnOnce).build();
  }

  private static void warnOnce(String sentence) {
    if (WARNED.add(sentence)) {
      LOGGER.log(System.Logger.Level.WARNING, sentence);
    }
  }

  /**
   * {@return an interceptor}
   *
   * @param relay with policies of the caller's
   * @param base the client whose proxy, TLS and interceptors continuations use; this interceptor
   *     and limits of time are left out of the copy
   * @throws IllegalStateException if OkHttp is older than 4
   */
  public static HoldfastInterceptor create(StreamRelay relay, OkHttpClient base) {
    checkVersion();
    var builder =
        base.newBuilder()
            .callTimeout(Duration.ZERO)
            .readTimeout(Duration.ZERO)
            .connectTimeout(Duration.ofSeconds(10));
    builder.interceptors().removeIf(HoldfastInterceptor.class::isInstance);
    builder.addInterceptor(new OneRequest(HoldfastInterceptor::warnOnce));
    return new HoldfastInterceptor(relay, builder.build());
  }

  /** Before 4, calls that continuations need have other signatures. */
  private static void checkVersion() {
    try {
      Class.forName("okhttp3.OkHttp", false, OkHttpClient.class.getClassLoader());
    } catch (ClassNotFoundException e) {
      throw new IllegalStateException(
          "okhttp: must be 4.12.0 or later, was older; raise the version of"
              + " com.squareup.okhttp3:okhttp to 4.12.0 or later");
    }
  }

  /** {@return a copy of a client that keeps streams whole} */
  public static OkHttpClient install(OkHttpClient client) {
    return client.newBuilder().addInterceptor(create(relay(), client)).build();
  }

  @Override
  public Response intercept(Chain chain) throws IOException {
    if (chain.connection() != null) {
      throw new IllegalStateException(
          "HoldfastInterceptor: must be added by addInterceptor, was added by"
              + " addNetworkInterceptor");
    }
    var request = chain.request();
    if (!StreamRelay.knows(request.method(), request.url().uri())) {
      return chain.proceed(request);
    }
    var response = chain.proceed(request);
    var body = response.body();
    if (!response.isSuccessful() || body == null) {
      return response;
    }
    var sent = response.priorResponse() == null ? response.request() : request;
    nameOrder(request, sent);
    var first = OkHttpExchange.of(chain.call(), response);
    return relay
        .body(
            relayed(sent),
            first.head(),
            first,
            continuation -> OkHttpExchange.open(continuations, continuation))
        .map(whole -> {
          nameLimit(chain);
          return response
              .newBuilder()
              .removeHeader("Content-Length")
              .body(new RelayedResponseBody(whole, body.contentType()))
              .build();
        })
        .orElse(response);
  }

  private static void nameLimit(Chain chain) {
    long limit = chain.call().timeout().timeoutNanos();
    if (limit > 0 && WARNED.add("callTimeout")) {
      LOGGER.log(
          System.Logger.Level.INFO,
          "callTimeout: cuts streams after {0} ms though they are healthy, and each costs a"
              + " continuation; set it to 0 and leave the clocks to Holdfast",
          limit / 1_000_000);
    }
  }

  /**
   * Continuations repeat the request as it was sent. What an interceptor after this one adds cannot
   * be made again for another body, such as a signature.
   */
  private static void nameOrder(Request seen, Request sent) {
    if (!seen.headers().equals(sent.headers()) || !Objects.equals(seen.body(), sent.body())) {
      var names = new TreeSet<>(String.CASE_INSENSITIVE_ORDER);
      names.addAll(sent.headers().names());
      names.removeIf(name -> sent.headers(name).equals(seen.headers(name)));
      warnOnce(
          "HoldfastInterceptor: must be the last interceptor, was followed by one that changes "
              + (names.isEmpty() ? "the request" : String.join(", ", names))
              + "; add it after the others");
    }
  }

  private static RelayedRequest relayed(Request request) {
    return new RelayedRequest(
        request.method(), request.url().uri(), request.headers().toMultimap(), text(request));
  }

  /** {@return the request's body; null if it cannot be written twice} */
  private static @Nullable String text(Request request) {
    var body = request.body();
    if (body == null) {
      return "";
    }
    if (body.isOneShot() || body.isDuplex()) {
      return null;
    }
    String type = String.valueOf(body.contentType());
    if (!type.contains("json")) {
      return "";
    }
    try {
      var buffer = new Buffer();
      body.writeTo(buffer);
      return buffer.readString(StandardCharsets.UTF_8);
    } catch (IOException e) {
      return null;
    }
  }
}
