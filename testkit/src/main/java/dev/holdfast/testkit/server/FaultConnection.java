package dev.holdfast.testkit.server;

import dev.holdfast.testkit.fault.Fault;
import dev.holdfast.testkit.http.HttpRequest;
import dev.holdfast.testkit.http.HttpRequestReader;
import dev.holdfast.testkit.http.HttpResponseWriter;
import dev.holdfast.testkit.http.HttpSyntaxException;
import dev.holdfast.testkit.json.TestJson;
import dev.holdfast.testkit.link.LinkDelivery;
import dev.holdfast.testkit.link.Transmission;
import dev.holdfast.testkit.model.Reply;
import dev.holdfast.testkit.server.ReceivedRequest.Ending;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Iterator;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One client's connection. One virtual thread reads requests and writes answers. Once it has to
 * wait, for a time or for a slow client, another thread reads from then on. So a client that leaves
 * is noticed meanwhile. Short answers never need it.
 */
final class FaultConnection {
  private static final int MAX_PIPELINED = 16;
  private static final long LINGER_NANOS = TimeUnit.SECONDS.toNanos(2);

  /** What a socket takes without a reader at the other end, at the least. */
  private static final long UNREAD_BYTES = 16 << 10;

  /** What TCP sees; the same as {@code socket} unless TLS is in between. */
  private final Socket raw;

  private final ExchangeHandler desk;
  private final ServerTime time;
  private final @Nullable TlsFront tls;
  private final Consumer<Duration> refuse;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final ArrayDeque<HttpRequest> requests = new ArrayDeque<>();
  private volatile boolean clientGone;
  private volatile boolean serverClosed;
  private long goneAtNanos;

  /** Belongs to the one thread that reads. */
  private @Nullable HttpRequestReader reader;

  /** Whether another thread reads; the writer's own. */
  private boolean watched;

  private @Nullable HttpSyntaxException badSyntax;
  private volatile Socket socket;

  /**
   * Serves a client that has connected.
   *
   * @param refuse makes the server refuse other clients for a while
   */
  FaultConnection(
      Socket raw,
      ExchangeHandler desk,
      ServerTime time,
      @Nullable TlsFront tls,
      Consumer<Duration> refuse) {
    this.raw = raw;
    this.socket = raw;
    this.desk = desk;
    this.time = time;
    this.tls = tls;
    this.refuse = refuse;
  }

  /** Serves until one side closes. */
  void run() {
    try (raw) {
      raw.setTcpNoDelay(true);
      Socket open = tls == null ? raw : tls.open(raw);
      if (open == null) {
        return;
      }
      socket = open;
      var out = new BufferedOutputStream(socket.getOutputStream());
      reader = new HttpRequestReader(socket.getInputStream(), out);
      HttpRequest request = next(reader);
      while (request != null && answer(desk.open(request), request, out)) {
        request = next(reader);
      }
      if (badSyntax != null) {
        writeBadSyntax(badSyntax, out);
      }
    } catch (IOException e) {
      // The client is gone; what it did is on record.
    }
  }

  /** Closes from the server's side. Thread-safe. */
  void close() {
    lock.lock();
    try {
      serverClosed = true;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
    closeSocket();
  }

  /** {@return the next request, or null if there is none any more} */
  private @Nullable HttpRequest next(HttpRequestReader in) {
    return watched ? take() : read(in);
  }

  private @Nullable HttpRequest read(HttpRequestReader in) {
    try {
      HttpRequest next = in.next();
      if (next == null) {
        gone();
      }
      return next;
    } catch (HttpSyntaxException e) {
      lock.lock();
      try {
        badSyntax = e;
        changed.signalAll();
      } finally {
        lock.unlock();
      }
    } catch (IOException e) {
      gone(); // A reset is a way of leaving, too.
    }
    return null;
  }

  /** Leaves the reading to another thread from now on. */
  private void watch() {
    HttpRequestReader in = reader;
    if (!watched && in != null) {
      watched = true;
      Thread.ofVirtual().name("holdfast-faults-reader").start(() -> readAll(in));
    }
  }

  private void readAll(HttpRequestReader in) {
    for (HttpRequest next = read(in); next != null; next = read(in)) {
      offer(next);
    }
  }

  /** Notes that the client is gone and wakes a writer, even one that is stuck in the socket. */
  private void gone() {
    lock.lock();
    try {
      clientGone = true;
      goneAtNanos = time.nowNanos();
      changed.signalAll();
    } finally {
      lock.unlock();
    }
    closeSocket();
  }

  private void closeSocket() {
    try {
      raw.close();
    } catch (IOException e) {
      // It is closed then.
    }
  }

  private void offer(HttpRequest request) {
    lock.lock();
    try {
      if (requests.size() < MAX_PIPELINED) {
        requests.add(request);
      } else {
        badSyntax = new HttpSyntaxException(400, "Too many requests are pipelined.");
      }
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  private @Nullable HttpRequest take() {
    lock.lock();
    try {
      while (requests.isEmpty() && !clientGone && !serverClosed && badSyntax == null) {
        changed.awaitUninterruptibly();
      }
      return requests.poll();
    } finally {
      lock.unlock();
    }
  }

  /** {@return whether the connection can serve another request} */
  private boolean answer(ExchangeHandler.Opened opened, HttpRequest request, OutputStream out) {
    ServedExchange exchange = opened.exchange();
    Transmission transmission = opened.transmission();
    boolean bodiless = transmission.head().status() == 204;
    boolean chunked = request.chunks() && !transmission.closeDelimited() && !bodiless;
    boolean keepAlive = request.keepAlive() && chunked;
    var writer = new HttpResponseWriter(out, chunked);
    try {
      for (Iterator<LinkDelivery> all = transmission.iterator(); all.hasNext(); ) {
        LinkDelivery delivery = all.next();
        if (delivery.atNanos() > time.nowNanos()) {
          out.flush();
          waitUntil(delivery.atNanos());
        }
        if (clientGone || serverClosed) {
          ended(exchange);
          return false;
        }
        if (writer.bodyBytes() + delivery.bytes().remaining() > UNREAD_BYTES) {
          watch();
        }
        switch (delivery.kind()) {
          case HEAD -> writer.head(transmission.head(), keepAlive);
          case BYTES -> writer.bytes(delivery.bytes());
          case END -> {
            // A client may be back before this thread returns from writing: the end is reported
            // now.
            long endNanos = time.nowNanos();
            writer.end();
            out.flush();
            exchange.sent(writer.bodyBytes());
            desk.close(exchange, Ending.SENT, endNanos);
            if (!keepAlive) {
              sendFin(socket);
            }
            return keepAlive;
          }
          case FIN -> {
            writer.raw(delivery.bytes());
            out.flush();
            desk.close(exchange, Ending.CUT, time.nowNanos());
            // Beneath TLS: a cut sends no close alert.
            sendFin(raw);
            return false;
          }
          case RST -> {
            writer.raw(delivery.bytes());
            out.flush();
            crash(transmission);
            desk.close(exchange, Ending.CUT, time.nowNanos());
            // A close that does not linger resets.
            raw.setSoLinger(true, 0);
            raw.close();
            return false;
          }
        }
        exchange.sent(writer.bodyBytes());
      }
    } catch (IOException e) {
      ended(exchange);
    }
    return false;
  }

  /** Closes the port before this connection, so that an immediate reconnection is refused. */
  private void crash(Transmission transmission) {
    for (Fault fault : transmission.struck()) {
      if (fault instanceof Fault.Refused(Duration length)) {
        refuse.accept(length);
      }
    }
  }

  private void ended(ServedExchange exchange) {
    lock.lock();
    try {
      long at = clientGone ? goneAtNanos : time.nowNanos();
      desk.close(exchange, serverClosed ? Ending.SERVER_CLOSED : Ending.CLIENT_CLOSED, at);
    } finally {
      lock.unlock();
    }
  }

  /** Ends our side and waits a little for the client's, so that the FIN does not become an RST. */
  private void sendFin(Socket layer) throws IOException {
    layer.shutdownOutput();
    waitUntil(ServerTime.ofTheMachine(), System.nanoTime() + LINGER_NANOS);
  }

  /** Looks at the clock again. Thread-safe. */
  void wake() {
    lock.lock();
    try {
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  private void waitUntil(long atNanos) {
    waitUntil(time, atNanos);
  }

  /** Waits until the time has come, the client goes away, or the server is closed. */
  private void waitUntil(ServerTime clock, long atNanos) {
    watch();
    lock.lock();
    try {
      while (!clientGone && !serverClosed) {
        long left = atNanos - clock.nowNanos();
        if (left <= 0) {
          return;
        }
        if (clock.isVirtual()) {
          changed.await();
        } else {
          long unused = changed.awaitNanos(left);
        }
      }
    } catch (InterruptedException e) {
      serverClosed = true;
      Thread.currentThread().interrupt();
    } finally {
      lock.unlock();
    }
  }

  private static void writeBadSyntax(HttpSyntaxException bad, OutputStream out) throws IOException {
    String message = String.valueOf(bad.getMessage());
    var writer = new HttpResponseWriter(out, false);
    Reply reply = Reply.document(bad.status(), "{\"error\":" + TestJson.quote(message) + "}");
    writer.head(reply.head(), false);
    writer.bytes(java.nio.ByteBuffer.wrap(reply.frames().getFirst().bytes()));
    out.flush();
  }
}
