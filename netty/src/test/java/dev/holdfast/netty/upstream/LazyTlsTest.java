package dev.holdfast.netty.upstream;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.core.stream.Cause;
import dev.holdfast.core.stream.Failure;
import io.netty.buffer.ByteBuf;
import io.netty.channel.EventLoop;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.handler.codec.http.EmptyHttpHeaders;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.ssl.SslContext;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class LazyTlsTest {
  /** Keeps the failure of an exchange. */
  private static final class Failing implements UpstreamListener {
    private final CompletableFuture<Failure> failure = new CompletableFuture<>();

    @Override
    public void head(HttpResponse head) {}

    @Override
    public void content(ByteBuf bytes) {}

    @Override
    public void pause() {}

    @Override
    public void ended(HttpHeaders trailers) {}

    @Override
    public void failed(Failure failed) {
      failure.complete(failed);
    }
  }

  private static Failure failure(Supplier<@Nullable SslContext> tls, boolean secure) {
    try (var loops = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory())) {
      var dialer =
          Dialer.inPlace(
              NioSocketChannel.class,
              tls,
              Duration.ofSeconds(60),
              PoolSettings.DEFAULT,
              System::nanoTime);
      var listener = new Failing();
      var request =
          new UpstreamRequest(
              HttpMethod.GET, "/", EmptyHttpHeaders.INSTANCE, null, UpstreamRequest.NONE);
      // No server listens at port 1.
      var unused =
          dialer.open(
              (EventLoop) loops.next(),
              new Origin(secure, "127.0.0.1", 1, "127.0.0.1:1"),
              request,
              listener);
      return listener.failure.join();
    }
  }

  @Test
  void allCallersReceiveOneContext() {
    var tls = LazyTls.ofTheJdk();
    assertThat(IntStream.range(0, 8).parallel().mapToObj(i -> tls.get()).distinct()).hasSize(1);
  }

  @Test
  void anUpstreamWithoutTlsAsksForNone() {
    var failure =
        failure(
            () -> {
              throw new AssertionError("asked");
            },
            false);
    assertThat(failure.detail()).contains("the connection was refused");
  }

  @Test
  void aProcessWithoutTlsFailsItsExchangesAndRepeatsNone() {
    var failure =
        failure(
            () -> {
              throw new IllegalStateException("none");
            },
            true);
    assertThat(failure.cause()).isEqualTo(Cause.CONNECTION_FAILED);
    assertThat(failure.detail()).isEqualTo("127.0.0.1:1: TLS cannot be used here");
    assertThat(failure.isRetryable()).isFalse();
  }
}
