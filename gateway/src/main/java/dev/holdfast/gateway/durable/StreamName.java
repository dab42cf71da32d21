package dev.holdfast.gateway.durable;

/**
 * Names one stream.
 *
 * @param namespace the tenant that it belongs to; empty where a gateway has no keys
 * @param path of its URL, as it was sent
 */
public record StreamName(String namespace, String path) {
  /** {@return a stream of the same namespace} */
  StreamName sibling(String path) {
    return new StreamName(namespace, path);
  }
}
