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
    return create(StreamRelay.ofDefaults());
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
