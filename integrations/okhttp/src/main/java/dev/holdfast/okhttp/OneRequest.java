package dev.holdfast.okhttp;

import java.io.IOException;
import java.util.Set;
import java.util.function.Consumer;
import okhttp3.Interceptor;
import okhttp3.MediaType;
import okhttp3.Request;
import okhttp3.Response;
import okhttp3.ResponseBody;
import org.jspecify.annotations.Nullable;

/**
 * The last interceptor of a client that sends continuations: of each the provider receives one
 * request. An interceptor of the host's that retries is given the first refusal again, so that its
 * retries and those of the relay do not multiply.
 */
final class OneRequest implements Interceptor {
  private static final Set<Integer> RETRIED = Set.of(408, 409, 425, 429);

  private final Consumer<String> warnings;

  OneRequest(Consumer<String> warnings) {
    this.warnings = warnings;
  }

  /** What became of one continuation's request; a tag of it. */
  static final class Sent {
    private @Nullable Response refused;
    private @Nullable IOException broke;
  }

  @Override
  public Response intercept(Chain chain) throws IOException {
    var request = chain.request();
    var sent = request.tag(Sent.class);
    if (sent == null) {
      return chain.proceed(request);
    }
    var refused = sent.refused;
    var broke = sent.broke;
    if (refused != null || broke != null) {
      warnings.accept(
          "interceptors: must not retry continuations, one did; its retries are answered with the"
              + " first refusal");
    }
    if (broke != null) {
      throw new IOException("sent once: " + broke.getClass().getSimpleName(), broke);
    }
    return refused == null ? send(chain, request, sent) : again(refused, request);
  }

  private static Response send(Chain chain, Request request, Sent sent) throws IOException {
    Response response;
    try {
      response = chain.proceed(request);
    } catch (IOException e) {
      sent.broke = e;
      throw e;
    }
    if (response.code() >= 500 || RETRIED.contains(response.code())) {
      sent.refused = response;
    }
    return response;
  }

  /** {@return status and headers of a refusal; its body has been read or closed} */
  private static Response again(Response refused, Request request) {
    return refused
        .newBuilder()
        .request(request)
        .removeHeader("Content-Length")
        .body(ResponseBody.create("{}", MediaType.get("application/json")))
        .build();
  }
}
