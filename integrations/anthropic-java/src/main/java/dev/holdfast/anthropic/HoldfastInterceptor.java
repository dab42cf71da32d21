package dev.holdfast.anthropic;

import com.anthropic.core.http.HttpClient;
import com.anthropic.core.http.Interceptor;
import dev.holdfast.client.relay.StreamRelay;

/**
 * An interceptor of anthropic-java that keeps streamed answers whole, synchronous and asynchronous,
 * on every backend whose client takes interceptors: {@code
 * AnthropicOkHttpClient.builder().addInterceptor(HoldfastInterceptor.create())}. Thread-safe.
 */
public final class HoldfastInterceptor implements Interceptor {
  private final StreamRelay relay;

  private HoldfastInterceptor(StreamRelay relay) {
    this.relay = relay;
  }

  /** {@return an interceptor with the defaults} */
  public static HoldfastInterceptor create() {
    return create(relay());
  }

  /** {@return a relay with the defaults, whose warnings go to the logger of this package} */
  private static StreamRelay relay() {
    var logger = System.getLogger("dev.holdfast.anthropic");
    return StreamRelay.builder()
        .warnings(sentence -> logger.log(System.Logger.Level.WARNING, sentence))
        .build();
  }

  /** {@return an interceptor with policies of the caller's} */
  public static HoldfastInterceptor create(StreamRelay relay) {
    return new HoldfastInterceptor(relay);
  }

  @Override
  public HttpClient intercept(HttpClient next) {
    return new HoldfastHttpClient(next, relay);
  }
}
