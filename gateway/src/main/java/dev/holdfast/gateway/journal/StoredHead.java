package dev.holdfast.gateway.journal;

import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.HttpHeaders;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/**
 * The head of an answer with status 200 as the journal keeps it.
 *
 * @param headers of the response
 */
public record StoredHead(HttpHeaders headers) {
  ByteBuffer bytes() {
    var text = new StringBuilder();
    for (Map.Entry<String, String> header : headers) {
      text.append(header.getKey()).append(": ").append(header.getValue()).append('\n');
    }
    return StandardCharsets.UTF_8.encode(text.toString());
  }

  static StoredHead of(ByteBuffer bytes) {
    var headers = new DefaultHttpHeaders();
    StandardCharsets.UTF_8
        .decode(bytes)
        .toString()
        .lines()
        .forEach(line -> {
          int colon = line.indexOf(": ");
          if (colon > 0) {
            headers.add(line.substring(0, colon), line.substring(colon + 2));
          }
        });
    return new StoredHead(headers);
  }
}
