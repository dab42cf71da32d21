package dev.holdfast.client;

import dev.holdfast.core.spi.Transport;
import dev.holdfast.core.stream.ResponseHead;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;

/** A network in the test's hands: it records what is opened and answers as it is told. */
final class FakeTransport implements Transport {
  final List<FakeExchange> opened = new CopyOnWriteArrayList<>();
  private final Consumer<FakeExchange> onOpen;

  FakeTransport() {
    this(exchange -> {});
  }

  /** A transport that lets {@code onOpen} answer within the call. */
  FakeTransport(Consumer<FakeExchange> onOpen) {
    this.onOpen = onOpen;
  }

  @Override
  public Exchange open(Request request, Receiver receiver) {
    var exchange = new FakeExchange(request, receiver);
    opened.add(exchange);
    onOpen.accept(exchange);
    return exchange;
  }

  @Override
  public void close() {
    opened.forEach(FakeExchange::cancel);
  }

  /** One exchange. */
  static final class FakeExchange implements Exchange {
    final Request request;
    final Receiver receiver;
    final AtomicLong demanded = new AtomicLong();
    final CountDownLatch cancelled = new CountDownLatch(1);

    FakeExchange(Request request, Receiver receiver) {
      this.request = request;
      this.receiver = receiver;
    }

    FakeExchange head(int status) {
      receiver.onHead(new ResponseHead(status, Map.of()));
      return this;
    }

    FakeExchange say(String text) {
      receiver.onBytes(StandardCharsets.UTF_8.encode(text));
      return this;
    }

    void end() {
      receiver.onEnd();
    }

    boolean isCancelled() {
      return cancelled.getCount() == 0;
    }

    @Override
    public void demand(long chunks) {
      long unused = demanded.addAndGet(chunks);
    }

    @Override
    public void cancel() {
      cancelled.countDown();
    }
  }
}
