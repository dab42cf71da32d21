package dev.holdfast.cli.cluster;

import dev.holdfast.testkit.fault.Protocol;
import dev.holdfast.testkit.journal.RedisProcess;
import dev.holdfast.testkit.scenario.Scenario;
import dev.holdfast.testkit.server.FaultServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** A Redis, three gateways and a provider, all of this machine and for the demo. Thread-safe. */
final class Cluster implements AutoCloseable {
  static final int NODES = 3;

  private final ReentrantLock lock = new ReentrantLock();
  private final List<NodeProcess> nodes = new ArrayList<>();
  private @Nullable FaultServer provider;
  private @Nullable RedisProcess redis;
  private @Nullable Path folder;
  private boolean closed;

  /**
   * Starts all of it, and waits until each gateway listens.
   *
   * @param events receives what the streams of the gateways do
   * @throws IOException if something does not start, or this was closed meanwhile
   */
  void start(Scenario scenario, Duration lease, Consumer<? super ClusterEvent> events)
      throws IOException {
    lock.lock();
    try {
      checkOpen();
      folder = Files.createTempDirectory("holdfast-cluster-");
      redis = RedisProcess.start(folder);
      provider = FaultServer.builder().scenario(scenario).start();
      String upstream =
          Protocol.OPENAI_CHAT.id() + "=" + provider.baseUrl(Protocol.OPENAI_CHAT).toString();
      var arguments = ClusterNode.arguments(upstream, redis.address(), lease);
      for (int number = 1; number <= NODES; number++) {
        nodes.add(new NodeProcess(number, arguments, events));
      }
    } finally {
      lock.unlock();
    }
    for (var node : nodes()) {
      int unused = node.port();
    }
  }

  private void checkOpen() throws IOException {
    if (closed) {
      throw new IOException("cluster: must be open, was closed");
    }
  }

  boolean isClosed() {
    lock.lock();
    try {
      return closed;
    } finally {
      lock.unlock();
    }
  }

  /** {@return the gateways, the first one first} */
  List<NodeProcess> nodes() {
    lock.lock();
    try {
      return List.copyOf(nodes);
    } finally {
      lock.unlock();
    }
  }

  /** {@return the address of its Redis; empty before the start} */
  String redis() {
    lock.lock();
    try {
      return redis == null ? "" : redis.address();
    } finally {
      lock.unlock();
    }
  }

  /** {@return how often the provider was asked} */
  int asked() {
    lock.lock();
    try {
      return provider == null ? 0 : provider.received().size();
    } finally {
      lock.unlock();
    }
  }

  /** Ends all of it, and removes its files. A second call waits for the first. */
  @Override
  public void close() {
    lock.lock();
    try {
      if (closed) {
        return;
      }
      closed = true;
      nodes.forEach(NodeProcess::close);
      if (provider != null) {
        provider.close();
      }
      if (redis != null) {
        redis.close();
      }
      remove(folder);
    } finally {
      lock.unlock();
    }
  }

  private static void remove(@Nullable Path folder) {
    if (folder == null) {
      return;
    }
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : files.toList()) {
        Files.delete(file);
      }
      Files.delete(folder);
    } catch (IOException e) {
      // What is left is in the system's temporary directory.
    }
  }
}
