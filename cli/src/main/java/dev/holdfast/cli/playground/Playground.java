package dev.holdfast.cli.playground;

import dev.holdfast.cli.terminal.JsonLine;
import dev.holdfast.core.json.Json;
import dev.holdfast.testkit.fault.Protocol;
import dev.holdfast.testkit.fault.Script;
import dev.holdfast.testkit.server.FaultServer;
import dev.holdfast.testkit.server.ReceivedRequest;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * A page with a chat, and everything it stands on: a provider that writes prepared answers; a
 * gateway in a process of its own; its journal in a temporary directory, and lines between them
 * that can be cut. Thread-safe.
 */
public final class Playground implements AutoCloseable {
  /** About twenty pieces a second, a pace at which people read along. */
  private static final Duration PACE = Duration.ofMillis(50);

  /** How long a browser's way to the gateway stays cut: long enough to see it. */
  private static final Duration AWAY = Duration.ofSeconds(2);

  private static final String MODULE = "/holdfast.mjs";

  private final PlaygroundEvents events = new PlaygroundEvents();
  private final Path journal;
  private final FaultServer provider;
  private final CuttableLine line;
  private final GatewayProcess gateway;
  private final GatewayPassage passage;
  private final PlaygroundServer server;
  private final ReentrantLock closing = new ReentrantLock();
  private boolean closed;

  private Playground(int port, Script script) throws IOException, InterruptedException {
    journal = Files.createTempDirectory("holdfast-playground-");
    provider = FaultServer.builder().answers(PreparedAnswers::answer).script(script).start();
    CuttableLine madeLine = null;
    GatewayProcess madeGateway = null;
    try {
      madeLine = new CuttableLine(provider.port());
      line = madeLine;
      String base = "http://127.0.0.1:" + line.port() + "/" + Protocol.OPENAI_CHAT.root();
      madeGateway =
          new GatewayProcess(Protocol.OPENAI_CHAT.id() + "=" + base, journal, events::add);
      gateway = madeGateway;
      passage = new GatewayPassage(gateway::port);
      var pages = new PlaygroundPages();
      pages.add(MODULE, module(gateway.port()));
      server = new PlaygroundServer(port, pages, events, passage, new Pressed());
    } catch (IOException | RuntimeException | InterruptedException e) {
      end(madeGateway, madeLine);
      throw e;
    }
  }

  /**
   * Starts a playground at a readable pace.
   *
   * @param port where the page is; 0 for any port that is free
   * @throws IllegalArgumentException "port: rule, was value" if it is taken
   */
  public static Playground start(int port) throws InterruptedException {
    return start(port, Script.healthy().paced(PACE));
  }

  /** Starts a playground whose provider does what a script has. */
  public static Playground start(int port, Script script) throws InterruptedException {
    try {
      return new Playground(port, script);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** {@return what the provider answers to a question, where nothing breaks} */
  public static String answerTo(String prompt) {
    return PreparedAnswers.answer(prompt).text();
  }

  /** {@return the address of the page} */
  public URI uri() {
    return URI.create("http://127.0.0.1:" + server.port() + "/");
  }

  /** {@return the process of the gateway; 0 while there is none} */
  public long gatewayPid() {
    return gateway.pid();
  }

  /** {@return the directory that is removed at the end} */
  public Path journal() {
    return journal;
  }

  /** {@return the requests that the provider received} */
  public List<ReceivedRequest> received() {
    return List.copyOf(provider.received());
  }

  /**
   * Waits until the provider answers no request any more; one must have come.
   *
   * @return whether that was so within the time
   */
  public boolean awaitIdle(Duration timeout) throws InterruptedException {
    return provider.awaitEnded(1, timeout);
  }

  @Override
  public void close() {
    end();
  }

  /** Ends all of it, and removes the journal. A second call waits for the first. Thread-safe. */
  public void end() {
    closing.lock();
    try {
      if (!closed) {
        closed = true;
        server.close();
        events.close();
        end(gateway, line);
      }
    } finally {
      closing.unlock();
    }
  }

  private void end(@Nullable GatewayProcess started, @Nullable CuttableLine made) {
    if (started != null) {
      started.close();
    }
    if (made != null) {
      made.close();
    }
    provider.close();
    remove(journal);
  }

  private static void remove(Path directory) {
    try {
      Files.walkFileTree(
          directory,
          new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
                throws IOException {
              Files.delete(file);
              return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult postVisitDirectory(Path visited, @Nullable IOException failure)
                throws IOException {
              Files.delete(visited);
              return FileVisitResult.CONTINUE;
            }
          });
    } catch (IOException e) {
      // What is left is in the system's temporary directory.
    }
  }

  /** The client for pages as the gateway serves it, for while there is none. */
  private static byte[] module(int port) throws IOException {
    try (var socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      String request = "GET " + MODULE + " HTTP/1.0\r\nHost: 127.0.0.1:" + port + "\r\n\r\n";
      socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
      String answer = new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      int body = answer.indexOf("\r\n\r\n");
      if (!answer.startsWith("HTTP/1.1 200 ") || body < 0) {
        throw new IOException("the gateway must serve " + MODULE);
      }
      return answer.substring(body + 4).getBytes(StandardCharsets.UTF_8);
    }
  }

  /** {@return the question of a chat request} */
  private static String prompt(String body) {
    try {
      var messages =
          Json.parse(body) instanceof Json.Obj request ? request.array("messages") : null;
      if (messages != null
          && !messages.items().isEmpty()
          && messages.items().getFirst() instanceof Json.Obj message) {
        return message.text("content");
      }
    } catch (Json.MalformedException e) {
      // The provider refused it, too.
    }
    return "";
  }

  /** What the page asks for. */
  private final class Pressed implements PlaygroundServer.Buttons {
    @Override
    public boolean press(String name) {
      switch (name) {
        case "cut-provider" -> {
          int streams = provider.underWay();
          events.add(JsonLine.of("cut-provider").with("streams", streams).toString());
          line.cut();
        }
        case "cut-browser" -> {
          events.add(JsonLine.of("cut-browser").with("away_ms", AWAY.toMillis()).toString());
          passage.cut(AWAY);
        }
        case "kill-gateway" -> {
          boolean unused = gateway.kill();
        }
        default -> {
          return false;
        }
      }
      return true;
    }

    @Override
    public @Nullable String facts(String stream) {
      var requests =
          provider.received().stream().filter(each -> each.stream().equals(stream)).toList();
      if (requests.isEmpty()) {
        return null;
      }
      var facts = new JsonLine().with("requests", requests.size());
      String prompt = prompt(requests.getFirst().body());
      return facts.with("expected", answerTo(prompt)).toString();
    }

    @Override
    public String state() {
      return JsonLine.of("state").with("up", gateway.isUp()).with("pid", gateway.pid()).toString();
    }
  }
}
