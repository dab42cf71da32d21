package dev.holdfast.core.dialect;

import dev.holdfast.core.request.ChatRequest;
import dev.holdfast.core.request.Reasoning;
import dev.holdfast.core.stream.Rung;
import java.util.List;

/**
 * A protocol that Holdfast also speaks: it can make requests, and continue answers. Request bodies
 * are JSON text whose numbers and unknown members are kept verbatim. A body names its model also
 * where the protocol has that in the path.
 */
public interface ChatDialect extends DocumentDialect {
  /** {@return the version segment of addresses that name none, for example {@code v1}} */
  default String version() {
    return "v1";
  }

  /** {@return the header that carries the key; {@code Authorization} carries it as a bearer's} */
  default String keyHeader() {
    return "Authorization";
  }

  /**
   * {@return the levels of {@link Reasoning#LEVELS} that the protocol has a word for; empty if it
   * has none} A request that was written for another protocol is sent with the nearest of them.
   */
  default List<String> efforts() {
    return List.of();
  }

  /**
   * {@return the request that sends a body}
   *
   * @param body as made by {@link #body}, {@link #streaming} or {@link #continuation}
   * @throws IllegalArgumentException if the body is not a JSON object, or lacks the model that
   *     belongs into the path
   */
  ProviderRequest call(String body);

  /**
   * {@return the body of a typed request, streaming on}
   *
   * @throws IllegalArgumentException if this protocol cannot express the request
   */
  String body(ChatRequest request);

  /**
   * {@return the body with streaming switched on; usage is requested where the protocol has an
   * option for it and the body leaves it open}
   *
   * @throws IllegalArgumentException if the body is not a JSON object
   */
  String streaming(String body);

  /**
   * {@return the body with another model's name}
   *
   * @throws IllegalArgumentException if the body is not a JSON object
   */
  String withModel(String body, String model);

  /**
   * {@return the body that asks for the number of tokens with each event, where the provider can
   * report it and the body leaves it open}
   *
   * @throws IllegalArgumentException if the body is not a JSON object
   */
  default String counting(String body, TokenCount count) {
    return body;
  }

  /**
   * {@return what recovery must know about a request body}
   *
   * @throws IllegalArgumentException if the body is not a JSON object
   */
  RequestFacts facts(String body);

  /**
   * {@return the body that asks to continue a partial answer}
   *
   * @param rung {@link Rung#CONTINUE}, {@link Rung#PREFILL}, {@link Rung#ANCHOR} or {@link
   *     Rung#REPLAY}; the last returns the body unchanged, as do all of them for an empty text
   * @throws IllegalArgumentException if the body is not a JSON object with messages, or the rung is
   *     not one of a new request
   */
  String continuation(String body, Partial partial, Rung rung, Prefill prefill);
}
