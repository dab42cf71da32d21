package dev.holdfast.client.relay;

import dev.holdfast.core.stream.Check;
import java.net.URI;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A request that a host has sent, so that continuations of its answer can be made of it.
 *
 * @param method for example {@code POST}
 * @param uri where to
 * @param headers names and values; they are sent again
 * @param body the JSON text; null if it cannot be read a second time
 */
public record RelayedRequest(
    String method, URI uri, Map<String, List<String>> headers, @Nullable String body) {
  /** Checks the address, and copies the headers under names without case. */
  public RelayedRequest {
    Check.that(uri.getHost() != null, "uri", "must have a host", "one without");
    var copy = new TreeMap<String, List<String>>(String.CASE_INSENSITIVE_ORDER);
    headers.forEach((name, list) -> copy.put(name, List.copyOf(list)));
    headers = Collections.unmodifiableMap(copy);
  }

  /** {@return host, path and names of headers; keys and prompts stay out of logs} */
  @Override
  public String toString() {
    return "RelayedRequest[method=%s, host=%s, path=%s, headers=%s, body=%s]"
        .formatted(
            method,
            uri.getHost(),
            uri.getPath(),
            headers.keySet(),
            body == null ? "none" : body.length() + " characters");
  }
}
