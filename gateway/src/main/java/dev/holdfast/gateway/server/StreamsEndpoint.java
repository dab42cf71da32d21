package dev.holdfast.gateway.server;

import dev.holdfast.core.spi.JournalOffset;
import dev.holdfast.gateway.journal.Caller;
import dev.holdfast.gateway.journal.Frames;
import dev.holdfast.gateway.journal.SignOfLife;
import dev.holdfast.gateway.journal.StoredRequest;
import dev.holdfast.gateway.journal.StreamHeaders;
import dev.holdfast.gateway.journal.StreamReader;
import dev.holdfast.gateway.journal.StreamRefusals;
import dev.holdfast.gateway.journal.StreamStore;
import dev.holdfast.gateway.manage.ExchangeRecord;
import dev.holdfast.gateway.manage.Outcome;
import dev.holdfast.gateway.message.ClientExchange;
import dev.holdfast.gateway.message.Refusal;
import dev.holdfast.gateway.route.ClientProtocol;
import dev.holdfast.gateway.route.RequestPath;
import dev.holdfast.gateway.stream.JournaledStreams;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import java.util.ArrayList;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Streams by their id: GET reads one from an offset, HEAD asks how it is, DELETE stops it. Only the
 * caller whose request began a stream finds it.
 */
final class StreamsEndpoint {
  private static final String PREFIX = "/v1/streams/";

  private final ServerContext server;
  private final Client client;
  private final ExchangeRecord record;
  private final JournaledStreams kept;

  StreamsEndpoint(
      ServerContext server, Client client, ExchangeRecord record, JournaledStreams kept) {
    this.server = server;
    this.client = client;
    this.record = record;
    this.kept = kept;
  }

  /** {@return whether a path is that of a stream} */
  static boolean serves(RequestPath path) {
    return path.path().startsWith(PREFIX);
  }

  /** {@return what serves the request; null if it was answered} */
  @Nullable ClientExchange exchange(
      HttpMethod method, RequestPath path, HttpHeaders headers, Caller caller) {
    boolean reads = method.equals(HttpMethod.GET);
    boolean asks = method.equals(HttpMethod.HEAD);
    boolean stops = method.equals(HttpMethod.DELETE);
    if (!reads && !asks && !stops) {
      return refuse(StreamRefusals.method());
    }
    Function<StreamStore.Found, @Nullable ClientExchange> serve =
        asks ? this::describe : stops ? this::stop : found -> read(found, path, headers, caller);
    return look(
        path.path().substring(PREFIX.length()),
        caller,
        found -> reads ? after(found, path, headers) : Optional.of(JournalOffset.START),
        found -> found.isEmpty() ? refuse(StreamRefusals.unknown()) : serve.apply(found.get()));
  }

  /**
   * Looks for a stream; the client's loop does not wait.
   *
   * @param place where it is to be read from; empty for a malformed offset
   * @param serve receives the stream or none, and returns what serves the client; null if it was
   *     answered
   * @return what serves the client now; null if it was answered
   */
  @Nullable ClientExchange look(
      String id,
      Caller caller,
      Function<StreamStore.Found, Optional<JournalOffset>> place,
      Function<Optional<StreamStore.Found>, @Nullable ClientExchange> serve) {
    var finding = new Finding(place, serve);
    kept.store().lookUp(id, caller, client.loop(), finding);
    return finding.next();
  }

  /** Waits until the stream was looked for. */
  private final class Finding extends Awaited implements StreamStore.Lookup {
    private final Function<StreamStore.Found, Optional<JournalOffset>> place;
    private final Function<Optional<StreamStore.Found>, @Nullable ClientExchange> serve;
    private @Nullable ClientExchange then;

    Finding(
        Function<StreamStore.Found, Optional<JournalOffset>> place,
        Function<Optional<StreamStore.Found>, @Nullable ClientExchange> serve) {
      this.place = place;
      this.serve = serve;
    }

    @Override
    public Optional<JournalOffset> place(StreamStore.Found found) {
      return place.apply(found);
    }

    @Override
    public void wrongOffset() {
      if (settle()) {
        then = refuse(StreamRefusals.wrongOffset());
      }
    }

    @Override
    public void found(Optional<StreamStore.Found> found) {
      if (settle()) {
        then = serve.apply(found);
      }
    }

    @Override
    public void unreachable() {
      if (settle()) {
        then = refuse(StreamRefusals.unreadable());
      }
    }

    /** {@return what serves the client now; null if it was answered} */
    @Nullable ClientExchange next() {
      return isOver() ? then : this;
    }
  }

  private @Nullable ClientExchange refuse(Refusal refusal) {
    record.status(refusal.status());
    record.finish(Outcome.REJECTED, refusal.code(), now());
    client.refuse(refusal);
    return null;
  }

  private long now() {
    return server.streams().clock().getAsLong();
  }

  // ---------------------------------------------------------------- GET

  private @Nullable ClientExchange read(
      StreamStore.Found found, RequestPath path, HttpHeaders headers, Caller caller) {
    Optional<JournalOffset> after = after(found, path, headers);
    if (after.isEmpty()) {
      return refuse(StreamRefusals.wrongOffset());
    }
    boolean events = Frames.isEvents(found.dialect());
    boolean ids = !headers.get(StreamHeaders.IDS, "on").equals("off");
    var form = server.setup().get().config().streams();
    var manner =
        new StreamReader.Manner(
            found.dialect(),
            events && ids,
            StreamHeaders.readsTypedEnd(headers),
            false,
            false,
            form.keepAlive(),
            new SignOfLife(form.delivery().keepAlive()));
    record.stream("");
    var reader = new StreamReader(kept.store(), found.id(), after.get(), client, manner, record);
    client.serve(reader);
    reader.begin();
    if (found.stream().end().isEmpty()) { // It may be taken over at this moment.
      var arrival =
          new JournaledStreams.Arrival(
              caller,
              new StoredRequest("", ClientProtocol.OPENAI, headers, new byte[0]),
              new JournaledStreams.Credentialed(headers, path.query()),
              true,
              null);
      kept.wanted(new JournaledStreams.Wanted(found.id(), reader, client, arrival));
    }
    return reader;
  }

  /**
   * {@return where to begin; empty if that is no offset of this stream} A browser that connects
   * again repeats its address, so the header goes before the query.
   */
  static Optional<JournalOffset> after(
      StreamStore.Found found, RequestPath path, HttpHeaders headers) {
    var given = new ArrayList<>(headers.getAll("last-event-id"));
    if (given.isEmpty()) {
      for (String pair : path.query().split("&", -1)) {
        if (pair.startsWith("after=")) {
          given.add(pair.substring("after=".length()));
        }
      }
    }
    if (given.isEmpty()) {
      return Optional.of(JournalOffset.START);
    }
    if (given.size() > 1) {
      return Optional.empty();
    }
    try {
      var offset = JournalOffset.parse(given.getFirst(), found.id());
      return offset.sequence() > found.stream().tail().sequence()
          ? Optional.empty()
          : Optional.of(offset);
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  // ---------------------------------------------------------------- HEAD and DELETE

  private @Nullable ClientExchange describe(StreamStore.Found found) {
    var stream = found.stream();
    var headers = new DefaultHttpHeaders();
    headers.set(StreamHeaders.ID, found.id().toString());
    headers.set(StreamHeaders.OFFSET, stream.tail().text(found.id()));
    headers.set(
        StreamHeaders.END, stream.end().map(end -> StreamHeaders.name(end.kind())).orElse("open"));
    headers.set("content-type", Frames.contentType(found.dialect()));
    headers.set("cache-control", "no-store");
    answer(200, headers);
    return null;
  }

  private void answer(int status, HttpHeaders headers) {
    record.status(status);
    record.finish(Outcome.RELAYED, "", now());
    client.answer(status, headers);
  }

  /** Ends a stream, and answers once its end is stored. */
  @Nullable ClientExchange stop(StreamStore.Found found) {
    if (found.stream().end().isPresent()) {
      answer(204, new DefaultHttpHeaders());
      return null;
    }
    var stopping = new Stopping();
    client.serve(stopping);
    kept.abandon(found.id(), stored -> client.loop().execute(() -> stopping.stopped(stored)));
    return stopping.isOver() ? null : stopping;
  }

  /** Waits until the end of a stream is stored. */
  private final class Stopping extends Awaited {
    void stopped(boolean stored) {
      if (!settle()) {
        return;
      }
      if (stored) {
        answer(204, new DefaultHttpHeaders());
      } else {
        refuse(StreamRefusals.unreadable());
      }
    }
  }

  /** A client that waits for the journal. */
  private abstract class Awaited implements ClientExchange {
    private boolean over;

    /** {@return whether the client still waits; from now on it does not} */
    final boolean settle() {
      boolean waited = !over;
      over = true;
      return waited;
    }

    final boolean isOver() {
      return over;
    }

    @Override
    public final void content(HttpContent content) {
      // None is needed.
    }

    @Override
    public final void clientGone() {
      if (settle()) {
        record.finish(Outcome.CLIENT_GONE, "cancelled", now());
      }
    }

    @Override
    public final void writability() {
      // A few bytes are written.
    }

    @Override
    public final void shutDown() {
      if (settle()) {
        refuse(Refusals.shuttingDown());
      }
    }
  }
}
