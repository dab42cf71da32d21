package dev.holdfast.gateway.durable.subscription;

import java.util.List;

/** The streams of one namespace, as subscriptions see them. Paths are without their prefix. */
public interface SubscribedStreams {
  /** The tail of a stream that is empty or missing. */
  String NO_TAIL = "0000000000000000_0000000000000000";

  /** {@return the place after the last append of a stream; {@link #NO_TAIL} if it is missing} */
  String tail(String namespace, String path);

  /** {@return the paths of a namespace} */
  List<String> paths(String namespace);

  /** Appends a value of JSON to a stream; what does not exist, or is full, is not written. */
  void append(String namespace, String path, String json);
}
