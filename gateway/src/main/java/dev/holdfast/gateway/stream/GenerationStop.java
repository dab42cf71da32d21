package dev.holdfast.gateway.stream;

import dev.holdfast.core.dialect.ProviderRequest;
import dev.holdfast.core.engine.Action;
import dev.holdfast.core.stream.Failure;
import dev.holdfast.netty.upstream.Dialer;
import dev.holdfast.netty.upstream.UpstreamExchange;
import dev.holdfast.netty.upstream.UpstreamListener;
import io.netty.buffer.ByteBuf;
import io.netty.channel.EventLoop;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpResponse;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Asks a provider to stop a generation that it would write without a reader. Best effort. */
final class GenerationStop implements UpstreamListener {
  private static final int NOT_FOUND = 404;
  private static final long PATIENCE_SECONDS = 5;

  /** When it is asked again if the provider may not have read the request yet. */
  private static final List<Long> AGAIN_MILLIS = List.of(250L, 750L);

  private final Dialer dialer;
  private final EventLoop loop;
  private final StreamTarget target;
  private final List<ProviderRequest> spellings;
  private @Nullable UpstreamExchange exchange;
  private boolean notFound;

  private GenerationStop(
      Dialer dialer, EventLoop loop, StreamTarget target, List<ProviderRequest> spellings) {
    this.dialer = dialer;
    this.loop = loop;
    this.target = target;
    this.spellings = spellings;
  }

  static void send(Dialer dialer, EventLoop loop, StreamTarget target, Action.StopGeneration stop) {
    new GenerationStop(dialer, loop, target, stop.calls()).begin();
    for (long millis : stop.early() ? AGAIN_MILLIS : List.<Long>of()) {
      var unused =
          loop.schedule(
              () -> new GenerationStop(dialer, loop, target, stop.calls()).begin(),
              millis,
              TimeUnit.MILLISECONDS);
    }
  }

  private void begin() {
    var opened =
        dialer.open(loop, target.origin(), target.attempt(spellings.getFirst(), 0, false), this);
    exchange = opened;
    var unused = loop.schedule(opened::close, PATIENCE_SECONDS, TimeUnit.SECONDS);
  }

  @Override
  public void head(HttpResponse head) {
    notFound = head.status().code() == NOT_FOUND;
  }

  @Override
  public void content(ByteBuf bytes) {
    // The result is ignored.
  }

  @Override
  public void pause() {
    // Nothing is gathered.
  }

  @Override
  public void ended(HttpHeaders trailers) {
    if (exchange != null) {
      exchange.close();
    }
    if (notFound && spellings.size() > 1) {
      new GenerationStop(dialer, loop, target, spellings.subList(1, spellings.size())).begin();
    }
  }

  @Override
  public void failed(Failure failure) {
    // The result is ignored.
  }
}
