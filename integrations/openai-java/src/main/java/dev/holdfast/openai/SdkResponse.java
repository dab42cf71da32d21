package dev.holdfast.openai;

import com.openai.core.http.HttpResponse;
import dev.holdfast.client.relay.BackgroundExchange;
import dev.holdfast.core.stream.ResponseHead;
import java.io.InputStream;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** A response of the openai's own client. */
record SdkResponse(HttpResponse response) implements BackgroundExchange.Response {
  @Override
  public ResponseHead head() {
    Map<String, List<String>> headers = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
    for (var name : response.headers().names()) {
      headers.put(name, response.headers().values(name));
    }
    return new ResponseHead(response.statusCode(), headers);
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
