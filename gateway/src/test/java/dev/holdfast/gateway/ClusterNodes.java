package dev.holdfast.gateway;

import dev.holdfast.testkit.fault.Protocol;
import dev.holdfast.testkit.server.FaultServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Three gateways in processes of their own on one Redis, and HAProxy in front of them. */
final class ClusterNodes implements AutoCloseable {
  static final int COUNT = 3;
  static final List<Protocol> PROTOCOLS =
      List.of(Protocol.OPENAI_CHAT, Protocol.OPENAI_RESPONSES, Protocol.ANTHROPIC_MESSAGES);

  private final FaultServer upstream;
  private final String redis;
  private final List<JournalKillChild.Running> nodes = new ArrayList<>();
  private final LocalProgram proxy;

  ClusterNodes(Path folder, String redis, FaultServer upstream) throws IOException {
    this.upstream = upstream;
    this.redis = redis;
    for (int i = 0; i < COUNT; i++) {
      nodes.add(JournalKillChild.start(0, redis, upstream, PROTOCOLS));
    }
    Files.createDirectories(folder);
    proxy = HaProxy.start(folder, nodes.stream().map(JournalKillChild.Running::port).toList());
  }

  /** {@return where clients connect} */
  int port() {
    return proxy.port();
  }

  /** {@return where one node listens} */
  int port(int node) {
    return nodes.get(node).port();
  }

  /** Ends a node with SIGKILL. */
  void kill(int node) throws InterruptedException {
    var process = nodes.get(node).process();
    process.toHandle().destroyForcibly();
    process.waitFor();
  }

  /** Ends a node with SIGTERM, and waits until it has handed its streams over. */
  void terminate(int node) throws InterruptedException {
    var process = nodes.get(node).process();
    process.toHandle().destroy();
    process.waitFor();
  }

  /** Starts a node again on its port. */
  void start(int node) throws IOException {
    nodes.set(node, JournalKillChild.start(nodes.get(node).port(), redis, upstream, PROTOCOLS));
  }

  @Override
  public void close() {
    proxy.close();
    nodes.forEach(node -> node.process().destroyForcibly());
  }
}
