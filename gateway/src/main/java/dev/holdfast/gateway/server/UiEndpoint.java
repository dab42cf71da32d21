package dev.holdfast.gateway.server;

import dev.holdfast.core.spi.JournalOffset;
import dev.holdfast.core.spi.StreamId;
import dev.holdfast.gateway.config.UiConfig;
import dev.holdfast.gateway.journal.Caller;
import dev.holdfast.gateway.journal.ChatIndex;
import dev.holdfast.gateway.journal.ChatTurn;
import dev.holdfast.gateway.journal.SignOfLife;
import dev.holdfast.gateway.journal.StoredRequest;
import dev.holdfast.gateway.journal.StreamReader;
import dev.holdfast.gateway.journal.StreamRefusals;
import dev.holdfast.gateway.journal.StreamStore;
import dev.holdfast.gateway.manage.ExchangeRecord;
import dev.holdfast.gateway.manage.Outcome;
import dev.holdfast.gateway.message.ClientExchange;
import dev.holdfast.gateway.message.ClientResponse;
import dev.holdfast.gateway.message.Refusal;
import dev.holdfast.gateway.route.ClientProtocol;
import dev.holdfast.gateway.route.RequestPath;
import dev.holdfast.gateway.stream.JournaledStreams;
import dev.holdfast.gateway.ui.UiPath;
import dev.holdfast.gateway.ui.UiRequest;
import dev.holdfast.gateway.ui.UiResponse;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Chats of the AI SDK: POST asks for an answer, GET of a chat's stream reads the one that is
 * written or that its client has not, DELETE stops it. A client that leaves stops nothing.
 */
final class UiEndpoint {
  /** Past so many pieces a body is copied into one. */
  private static final int MAX_PIECES = 1024;

  private final ServerContext server;
  private final Client client;
  private final ExchangeRecord record;
  private final JournaledStreams kept;
  private final Setup setup;
  private final UiConfig config;
  private final long limit;
  private final Caller caller;
  private final Consumer<Turn> send;

  UiEndpoint(
      ServerContext server,
      Client client,
      ExchangeRecord record,
      JournaledStreams kept,
      Setup setup,
      UiConfig config,
      long limit,
      Caller caller,
      Consumer<Turn> send) {
    this.server = server;
    this.client = client;
    this.record = record;
    this.kept = kept;
    this.setup = setup;
    this.config = config;
    this.limit = limit;
    this.caller = caller;
    this.send = send;
  }

  /**
   * A chat that was posted.
   *
   * @param request what it asks for
   * @param posted its headers
   * @param response takes the answer
   */
  record Turn(
      UiRequest request,
      HttpHeaders posted,
      Setup setup,
      Caller caller,
      ChatTurn chat,
      ClientResponse response,
      Consumer<ClientExchange> served) {
    /** {@return what makes two of them the same, besides headers and body} */
    String identity() {
      return "/ui/" + chat.tag() + "/" + request.trigger() + "/" + request.opening().messageId();
    }

    void serve(ClientExchange exchange) {
      served.accept(exchange);
    }

    /** {@return nothing of headers and content} */
    @Override
    public String toString() {
      return "Turn";
    }
  }

  /** {@return what serves the request; null if it was answered} */
  @Nullable ClientExchange exchange(HttpMethod method, RequestPath path, HttpHeaders headers) {
    boolean anthropic = config.protocol(setup.config().upstreams()).startsWith("anthropic");
    var front = anthropic ? ClientProtocol.MESSAGES : ClientProtocol.CHAT;
    client.front(front);
    record.asked(method.name(), path.path(), front);
    String chat = UiPath.chat(config, path);
    if (chat == null) {
      return method.equals(HttpMethod.POST)
          ? new StreamIntake(Unpooled.compositeBuffer(MAX_PIECES), limit, new Posted(headers))
          : refuse(Refusal.of(405, "method", "method: must be POST for a chat"));
    }
    boolean stops = method.equals(HttpMethod.DELETE);
    if (!stops && !method.equals(HttpMethod.GET)) {
      return refuse(Refusal.of(405, "method", "method: must be GET or DELETE for a chat's stream"));
    }
    String tag = caller.chat(chat);
    StreamId id = chats().current(tag);
    if (id == null) {
      return nothing();
    }
    var streams = new StreamsEndpoint(server, client, record, kept);
    return streams.look(
        id.toString(),
        caller,
        found ->
            stops ? Optional.of(JournalOffset.START) : StreamsEndpoint.after(found, path, headers),
        found -> {
          if (found.isEmpty() || stops) {
            chats().forget(tag, id);
          }
          return found.isEmpty()
              ? nothing()
              : stops ? streams.stop(found.get()) : read(tag, found.get(), path, headers);
        });
  }

  /** There is no answer that the client may come back for. */
  private @Nullable ClientExchange nothing() {
    record.status(204);
    record.finish(Outcome.RELAYED, "", now());
    client.answer(204);
    return null;
  }

  private ChatIndex chats() {
    return kept.store().chats();
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

  /** {@return what follows for a chat} */
  private UiResponse.Listener listener(String tag, boolean back) {
    return new UiResponse.Listener() {
      @Override
      public void written(StreamId stream, BooleanSupplier acknowledged) {
        chats().written(tag, stream, back, acknowledged);
      }

      @Override
      public void received(StreamId stream) {
        chats().received(tag, stream);
      }
    };
  }

  // ---------------------------------------------------------------- POST

  private final class Posted implements StreamIntake.Next {
    private final HttpHeaders headers;

    Posted(HttpHeaders headers) {
      this.headers = headers;
    }

    @Override
    public void whole(ByteBuf body) {
      UiRequest request;
      try {
        request = UiRequest.of(ByteBufUtil.getBytes(body), config, setup.config().upstreams());
      } catch (IllegalArgumentException e) {
        refuse(Refusal.of(400, "bad-chat", String.valueOf(e.getMessage())));
        return;
      }
      String tag = caller.chat(request.chat());
      var response =
          new UiResponse(
              client,
              String.valueOf(request.front().dialect()),
              request.opening(),
              null,
              listener(tag, false));
      send.accept(
          new Turn(
              request,
              headers,
              setup,
              caller,
              new ChatTurn(tag, request.opening().stored()),
              response,
              exchange -> client.serve(new Leaving(exchange, tag, response))));
    }

    @Override
    public void tooLong() {
      var refusal = Refusals.tooLarge(limit, "was longer than that");
      record.status(refusal.status());
      record.finish(Outcome.REJECTED, refusal.code(), now());
      client.refuseAndClose(refusal);
    }

    @Override
    public void given(boolean clientGone) {
      if (clientGone) {
        record.finish(Outcome.CLIENT_GONE, "cancelled", now());
      } else {
        refuse(Refusals.shuttingDown());
      }
    }
  }

  /** Notes that a client leaves before the end: it may come back. */
  private final class Leaving implements ClientExchange {
    private final ClientExchange exchange;
    private final String tag;
    private final UiResponse response;

    Leaving(ClientExchange exchange, String tag, UiResponse response) {
      this.exchange = exchange;
      this.tag = tag;
      this.response = response;
    }

    @Override
    public void content(HttpContent content) {
      exchange.content(content);
    }

    @Override
    public void clientGone() {
      chats().left(tag, response.stream());
      exchange.clientGone();
    }

    @Override
    public void writability() {
      exchange.writability();
    }

    @Override
    public void shutDown() {
      exchange.shutDown();
    }
  }

  // ---------------------------------------------------------------- GET

  private @Nullable ClientExchange read(
      String tag, StreamStore.Found found, RequestPath path, HttpHeaders headers) {
    var after = StreamsEndpoint.after(found, path, headers);
    if (after.isEmpty()) {
      return refuse(StreamRefusals.wrongOffset());
    }
    var form = setup.config().streams();
    var manner =
        new StreamReader.Manner(
            found.dialect(),
            true,
            false,
            false,
            false,
            form.keepAlive(),
            new SignOfLife(form.delivery().keepAlive()));
    record.stream("");
    var response =
        new UiResponse(
            client,
            found.dialect(),
            null,
            after.get().equals(JournalOffset.START) ? null : after.get(),
            listener(tag, true));
    var reader =
        new StreamReader(kept.store(), found.id(), JournalOffset.START, response, manner, record);
    var exchange = new Leaving(reader, tag, response);
    client.serve(exchange);
    reader.begin();
    if (found.stream().end().isEmpty()) { // It may be taken over at this moment.
      kept.wanted(
          new JournaledStreams.Wanted(
              found.id(),
              reader,
              response,
              new JournaledStreams.Arrival(
                  caller,
                  new StoredRequest("", ClientProtocol.OPENAI, headers, new byte[0]),
                  new JournaledStreams.Credentialed(headers, path.query()),
                  true,
                  null)));
    }
    return exchange;
  }
}
