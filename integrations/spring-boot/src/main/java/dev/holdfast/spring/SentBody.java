package dev.holdfast.spring;

import java.nio.charset.StandardCharsets;
import java.util.concurrent.atomic.AtomicReference;
import java.util.regex.Pattern;
import org.reactivestreams.Publisher;
import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.core.io.buffer.DataBufferUtils;
import org.springframework.http.client.reactive.ClientHttpRequest;
import org.springframework.http.client.reactive.ClientHttpRequestDecorator;
import org.springframework.web.reactive.function.client.ClientRequest;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** The JSON text of a request, as the client's codecs wrote it; known once it has been sent. */
final class SentBody {
  private static final Pattern STREAM = Pattern.compile("\"stream\"\\s*:\\s*true");
  private static final Pattern NO_STREAM = Pattern.compile("\"stream\"\\s*:\\s*false");

  private final AtomicReference<String> text = new AtomicReference<>();

  /** {@return the request, whose body is kept when it is written} */
  ClientRequest watch(ClientRequest request) {
    return ClientRequest.from(request)
        .body((message, context) -> request.body().insert(new Watched(message), context))
        .build();
  }

  /** {@return whether the body has been written} */
  boolean isKnown() {
    return text.get() != null;
  }

  /** {@return whether the answer is to be a stream, as far as it can be seen} */
  boolean asksForStream(String path) {
    String body = text.get();
    return body != null
        && (path.endsWith(":streamGenerateContent")
            || STREAM.matcher(body).find()
            || (path.endsWith("/api/chat") && !NO_STREAM.matcher(body).find()));
  }

  /** {@return the text} */
  String text() {
    return String.valueOf(text.get());
  }

  private final class Watched extends ClientHttpRequestDecorator {
    Watched(ClientHttpRequest message) {
      super(message);
    }

    @Override
    public Mono<Void> writeWith(Publisher<? extends DataBuffer> body) {
      return DataBufferUtils.join(body)
          .doOnNext(all -> text.set(all.toString(StandardCharsets.UTF_8)))
          .flatMap(all -> super.writeWith(Mono.just(all)));
    }

    @Override
    public Mono<Void> writeAndFlushWith(Publisher<? extends Publisher<? extends DataBuffer>> body) {
      return writeWith(Flux.from(body).concatMap(piece -> piece));
    }
  }
}
