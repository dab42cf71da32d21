package dev.holdfast.gateway.cluster;

import io.netty.channel.EventLoop;
import io.netty.channel.embedded.EmbeddedChannel;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.concurrent.TimeUnit;

/** The event loop of one process, in the world's time. */
final class ClusterLoop {
  private final ClusterWorld world;
  private final SimulatedProcess process;
  private final EmbeddedChannel channel = new EmbeddedChannel();
  private final EventLoop loop;
  private long nanos;
  private boolean running;
  private boolean scheduled;

  ClusterLoop(ClusterWorld world, SimulatedProcess process) {
    this.world = world;
    this.process = process;
    channel.freezeTime();
    nanos = process.nanoTime();
    var embedded = channel.eventLoop();
    loop =
        (EventLoop)
            Proxy.newProxyInstance(
                EventLoop.class.getClassLoader(),
                new Class<?>[] {EventLoop.class},
                (proxy, method, arguments) -> {
                  if (method.getName().equals("inEventLoop")) {
                    return running;
                  }
                  advance();
                  try {
                    return method.invoke(embedded, arguments);
                  } catch (InvocationTargetException e) {
                    throw e.getCause();
                  } finally {
                    wake();
                  }
                });
  }

  EventLoop loop() {
    return loop;
  }

  void execute(Runnable action) {
    loop.execute(action);
  }

  private void advance() {
    if (!running) {
      long now = process.nanoTime();
      channel.advanceTimeBy(now - nanos, TimeUnit.NANOSECONDS);
      nanos = now;
    }
  }

  private void wake() {
    if (!scheduled) {
      scheduled = true;
      world.after(world.random.nextInt(500_000), process, this::run);
    }
  }

  private void run() {
    scheduled = false;
    advance();
    long next;
    running = true;
    try {
      channel.runPendingTasks();
      channel.checkException();
      next = channel.runScheduledPendingTasks();
    } finally {
      running = false;
    }
    if (next > 0 && next < TimeUnit.SECONDS.toNanos(10)) {
      world.after(next + 1, process, this::wake);
    }
  }
}
