package dev.holdfast.anthropic;

import com.anthropic.core.http.HttpResponse;
import dev.holdfast.client.relay.BackgroundExchange;
import dev.holdfast.core.stream.ResponseHead;
import java.io.InputStream;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** A response of the anthropic's own client. */
record SdkResponse(HttpResponse response) implements BackgroundExchange.Response {
  private static final String CANCELLING = "com.anthropic.client.okhttp.ResponseBodyInputStream";

  @Override
  public ResponseHead head() {
    Map<String, List<String>> headers = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
    for (var name : response.headers().names()) {
      headers.put(name, response.headers().values(name));
    }
    return new ResponseHead(response.statusCode(), headers);
  }

  /**
   * {@return whether closing it from another thread ends a read} True of the body that the SDK's
   * own OkHttp client gives, in all versions from 3.0.0 on; the backends of clouds rewrite it.
   */
  boolean closesWhileRead() {
    return response.body().getClass().getName().equals(CANCELLING);
  }

  @Override
  public InputStream body() {
    return response.body();
  }

  @Override
  public void close() {
    response.close();
  }
}
