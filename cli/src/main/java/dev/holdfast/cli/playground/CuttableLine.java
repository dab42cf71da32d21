package dev.holdfast.cli.playground;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.LockSupport;

/**
 * A line to a server on this machine: a port of the loopback address that passes bytes on in both
 * directions, and can be cut. Thread-safe.
 */
final class CuttableLine implements AutoCloseable {
  private final int target;
  private final ServerSocket listening;
  private final Set<Socket> open = ConcurrentHashMap.newKeySet();

  /** Listens on a free port, and connects to {@code target} for each connection. */
  CuttableLine(int target) throws IOException {
    this.target = target;
    listening = new ServerSocket();
    listening.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
    Thread.ofVirtual().name("playground-line").start(this::accept);
  }

  /** {@return where it listens} */
  int port() {
    return listening.getLocalPort();
  }

  /** Ends every connection that is open now, on both sides; the next one is passed on again. */
  void cut() {
    open.forEach(CuttableLine::quietly);
  }

  @Override
  public void close() {
    try {
      listening.close();
    } catch (IOException e) {
      // It listens no more, either way.
    }
    cut();
  }

  private void accept() {
    while (!listening.isClosed()) {
      try {
        Socket near = listening.accept();
        Thread.ofVirtual().name("playground-line").start(() -> serve(near));
      } catch (IOException e) {
        LockSupport.parkNanos(10_000_000); // Closed, or out of descriptors.
      }
    }
  }

  private void serve(Socket near) {
    open.add(near);
    try (near;
        var far = new Socket(InetAddress.getLoopbackAddress(), target)) {
      open.add(far);
      near.setTcpNoDelay(true);
      far.setTcpNoDelay(true);
      var back = Thread.ofVirtual().name("playground-line").start(() -> pass(far, near));
      pass(near, far);
      back.join();
      open.remove(far);
    } catch (IOException e) {
      // The server is not there: the client sees a connection that ends.
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      open.remove(near);
    }
  }

  /** Passes bytes on until one side ends, which ends the other side too. */
  private static void pass(Socket from, Socket to) {
    try (from;
        to) {
      InputStream in = from.getInputStream();
      in.transferTo(to.getOutputStream());
    } catch (IOException e) {
      // Cut.
    }
  }

  private static void quietly(Socket socket) {
    try {
      socket.close();
    } catch (IOException e) {
      // It is closed then.
    }
  }
}
