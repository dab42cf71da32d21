package dev.holdfast.spring;

import org.springframework.web.reactive.function.client.ClientResponse;
import reactor.core.publisher.Mono;

/** What came of a first request, which the caller's own codecs have written. */
sealed interface FirstResult {
  /** A response; its body has not been read. */
  record Answered(ClientResponse response) implements FirstResult {}

  /** No response. */
  record Broken(Throwable failure) implements FirstResult {}

  /** {@return the result as the caller would have it without Holdfast} */
  default Mono<ClientResponse> untouched() {
    return switch (this) {
      case Answered(ClientResponse response) -> Mono.just(response);
      case Broken(Throwable failure) -> Mono.error(failure);
    };
  }
}
