package dev.holdfast.client;

import dev.holdfast.testkit.answer.Answer;
import dev.holdfast.testkit.server.FaultServer;
import java.io.Closeable;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.Arrays;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Pattern;
import javax.net.ServerSocketFactory;
import javax.net.ssl.SSLContext;
import mockwebserver3.Dispatcher;
import mockwebserver3.MockResponse;
import mockwebserver3.MockWebServer;
import mockwebserver3.RecordedRequest;
import okhttp3.Protocol;
import okhttp3.internal.http2.ErrorCode;
import okhttp3.internal.http2.Http2Stream;
import okhttp3.internal.http2.Settings;
import okhttp3.tls.HandshakeCertificates;
import okhttp3.tls.HeldCertificate;
import okio.BufferedSink;
import okio.Okio;
import org.jspecify.annotations.Nullable;

/**
 * TLS in front of the test kit's model: what the model answers, scripts send on and break, over
 * HTTP/2 or HTTP/1.1. Requests past the last script are answered in full.
 */
final class TlsServer implements AutoCloseable {
  /** What becomes of one response. It is left as it stands when the script returns. */
  interface Script {
    void run(Reply reply) throws Exception;
  }

  /** The whole answer, and its end. */
  static final Script WHOLE =
      reply -> {
        reply.send(0, reply.events.size());
        reply.end();
      };

  private static final Pattern AFTER_EVENT = Pattern.compile("(?<=\n\n)");
  private static final HeldCertificate LOCALHOST =
      new HeldCertificate.Builder().addSubjectAlternativeName("localhost").build();

  /** What scripts threw although the client had not gone; a test may assert that there is none. */
  final Queue<Exception> crashes = new ConcurrentLinkedQueue<>();

  private final FaultServer model;
  private final HttpClient toModel = HttpClient.newHttpClient();
  private final MockWebServer front = new MockWebServer();
  private final List<Socket> connections = new CopyOnWriteArrayList<>();
  private final List<Script> scripts;
  private final AtomicInteger requests = new AtomicInteger();
  private final @Nullable Settings settings;
  private volatile @Nullable MockResponse first;

  TlsServer(Protocol protocol, String answer, Script... scripts) throws IOException {
    this(protocol, answer, null, scripts);
  }

  /**
   * A server with settings of its own, which its first response announces.
   *
   * @param settings null for those of the protocol
   */
  TlsServer(Protocol protocol, String answer, @Nullable Settings settings, Script... scripts)
      throws IOException {
    this.settings = settings;
    this.scripts = List.of(scripts);
    model = FaultServer.builder().answer(Answer.ofText(answer)).start();
    front.setProtocols(
        protocol == Protocol.HTTP_2
            ? List.of(Protocol.HTTP_2, Protocol.HTTP_1_1)
            : List.of(Protocol.HTTP_1_1));
    front.setServerSocketFactory(new Recording());
    front.useHttps(
        new HandshakeCertificates.Builder().heldCertificate(LOCALHOST).build().sslSocketFactory());
    front.setDispatcher(
        new Dispatcher() {
          @Override
          public MockResponse dispatch(RecordedRequest request) {
            return response(request);
          }
        });
    front.start(InetAddress.getLoopbackAddress(), 0);
  }

  /** {@return a server whose first response is {@code first}, and that then answers in full} */
  static TlsServer answering(Protocol protocol, String answer, MockResponse first)
      throws IOException {
    var server = new TlsServer(protocol, answer);
    server.first = first;
    return server;
  }

  /** {@return a context that trusts this server and nobody else} */
  static SSLContext trusting() {
    return new HandshakeCertificates.Builder()
        .addTrustedCertificate(LOCALHOST.certificate())
        .build()
        .sslContext();
  }

  URI baseUrl() {
    return URI.create("https://localhost:" + front.getPort() + "/v1");
  }

  /** {@return the next request, waiting for it} */
  RecordedRequest request() throws InterruptedException {
    return front.takeRequest();
  }

  int requestCount() {
    return requests.get();
  }

  int connectionCount() {
    return connections.size();
  }

  @Override
  public void close() {
    front.close();
    toModel.close();
    model.close();
  }

  private MockResponse response(RecordedRequest request) {
    int number = requests.getAndIncrement();
    MockResponse instead = first;
    if (number == 0 && instead != null) {
      return instead;
    }
    Script script = number < scripts.size() ? scripts.get(number) : WHOLE;
    var response = new MockResponse.Builder().code(200).clearHeaders();
    if (settings != null) {
      response.settings(settings);
    }
    response.addHeader("Content-Type", "text/event-stream");
    if (!isHttp2(request)) {
      response.addHeader("Transfer-Encoding", "chunked");
    }
    return response
        .socketHandler(socket -> {
          try {
            script.run(new Reply(request, socket, answer(request)));
          } catch (Exception e) {
            crashes.add(e);
          }
        })
        .build();
  }

  private List<String> answer(RecordedRequest request) throws IOException, InterruptedException {
    String body = text(request);
    var forwarded =
        HttpRequest.newBuilder(URI.create(model.baseUrl() + "/chat/completions"))
            .header("Content-Type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString(body))
            .build();
    return Arrays.asList(
        AFTER_EVENT.split(toModel.send(forwarded, HttpResponse.BodyHandlers.ofString()).body()));
  }

  /** {@return the body of a request} */
  static String text(RecordedRequest request) {
    var body = request.getBody();
    return body == null ? "" : body.utf8();
  }

  private static boolean isHttp2(RecordedRequest request) {
    return request.getVersion().equals("HTTP/2");
  }

  /** One response, in the script's hands. */
  final class Reply {
    /** The events the model answered with, each with its blank line. */
    final List<String> events;

    private final okio.Socket socket;
    private final Socket connection;
    private final boolean http2;
    private final BufferedSink out;

    private Reply(RecordedRequest request, okio.Socket socket, List<String> events) {
      this.events = events;
      this.socket = socket;
      connection = connections.get(request.getConnectionIndex());
      http2 = isHttp2(request);
      out = Okio.buffer(socket.getSink());
    }

    /** Sends events, each in a chunk or DATA frame of its own. */
    void send(int from, int to) throws IOException {
      for (String event : events.subList(from, to)) {
        send(event);
      }
    }

    void send(String text) throws IOException {
      if (http2) {
        out.writeUtf8(text);
      } else {
        out.writeHexadecimalUnsignedLong(okio.Utf8.size(text)).writeUtf8("\r\n");
        out.writeUtf8(text).writeUtf8("\r\n");
      }
      out.flush();
    }

    /** Ends the body as the protocol wants it. */
    void end() throws IOException {
      if (http2) {
        out.close();
      } else {
        out.writeUtf8("0\r\n\r\n").flush();
      }
    }

    /** HTTP/2: ends this stream alone. */
    void resetStream() {
      ((Http2Stream) socket).closeLater(ErrorCode.INTERNAL_ERROR);
    }

    /** HTTP/2: ends this stream alone, as if nothing were wrong. */
    void resetStreamCalmly() {
      ((Http2Stream) socket).closeLater(ErrorCode.NO_ERROR);
    }

    /** HTTP/2: announces that the connection takes no more streams. */
    void goAway() throws IOException {
      ((Http2Stream) socket).getConnection().shutdown(ErrorCode.NO_ERROR);
    }

    /** {@return HTTP/2: bytes this stream may send before the client allows more} */
    long windowLeft() {
      var stream = (Http2Stream) socket;
      return stream.getWriteBytesMaximum() - stream.getWriteBytesTotal();
    }

    /** Ends the connection by FIN, with TLS's close_notify before it. */
    void closeConnection() throws IOException {
      if (http2) {
        ((Http2Stream) socket).getConnection().close();
      } else {
        ((Closeable) socket).close();
      }
    }

    /** Ends the connection by FIN under TLS, which does not learn of it. */
    void closeUnderTls() throws IOException {
      connection.shutdownOutput();
    }

    /** Ends the connection by RST under TLS. */
    void resetUnderTls() throws IOException {
      connection.setSoLinger(true, 0);
      connection.close();
    }

    /** Waits until the client ends this stream or its connection. */
    void awaitClosed() {
      try {
        if (http2) {
          var unused = ((Http2Stream) socket).takeHeaders(true);
        } else {
          boolean unused = Okio.buffer(socket.getSource()).exhausted();
        }
      } catch (IOException e) {
        // A reset is an end as well.
      }
    }
  }

  /** Sockets that remember the connections under TLS, in order. */
  private final class Recording extends ServerSocketFactory {
    @Override
    public ServerSocket createServerSocket() throws IOException {
      return new ServerSocket() {
        @Override
        public Socket accept() throws IOException {
          Socket accepted = super.accept();
          connections.add(accepted);
          return accepted;
        }
      };
    }

    @Override
    public ServerSocket createServerSocket(int port) throws IOException {
      return createServerSocket(port, 50, InetAddress.getLoopbackAddress());
    }

    @Override
    public ServerSocket createServerSocket(int port, int backlog) throws IOException {
      return createServerSocket(port, backlog, InetAddress.getLoopbackAddress());
    }

    @Override
    public ServerSocket createServerSocket(int port, int backlog, InetAddress address)
        throws IOException {
      ServerSocket bound = createServerSocket();
      bound.bind(new InetSocketAddress(address, port), backlog);
      return bound;
    }
  }
}
