package dev.holdfast.client.relay;

import java.lang.management.ManagementFactory;
import java.lang.management.ThreadInfo;
import java.lang.management.ThreadMXBean;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * Closes a body for a thread that wants to close it and waits for its reader.
 *
 * <p>Some SDKs close the {@link java.io.BufferedReader} that they read a body with before they
 * close the response. The reader has one lock, which the reading thread holds as long as nothing
 * comes: in a silence such a close waits for the provider or for a clock. The JVM knows which
 * thread owns the lock that another one waits for, so the wish is seen from outside.
 *
 * <p>One look every 250 ms covers all bodies that are silent at that time, and none is taken while
 * all are busy. A look stops no thread. It finds a close where both threads are platform threads.
 */
final class WaitingCloses {
  private static final long LOOK_NANOS = 250_000_000;

  /** Enough to reach the method that waits for a lock. */
  private static final int FRAMES = 12;

  private static final Set<RelayedBody> WATCHED = ConcurrentHashMap.newKeySet();
  private static final AtomicBoolean LOOKING = new AtomicBoolean();

  private WaitingCloses() {}

  /** Looks at a body from now on, until it is forgotten. */
  static void watch(RelayedBody body) {
    WATCHED.add(body);
    begin();
  }

  /** Looks at a body no more; called under its lock, as {@link #watch} is. */
  static void forget(RelayedBody body) {
    WATCHED.remove(body);
  }

  private static void begin() {
    if (LOOKING.compareAndSet(false, true)) {
      var unused = RelayClock.in(LOOK_NANOS, WaitingCloses::look);
    }
  }

  private static void look() {
    try {
      var silent = new HashMap<Long, RelayedBody>();
      for (var body : WATCHED) {
        long reader = body.silentReader();
        if (reader != RelayedBody.NO_READER) {
          silent.put(reader, body);
        }
      }
      if (!silent.isEmpty() && Threads.AVAILABLE) {
        Threads.closeWaitedFor(silent);
      }
    } finally {
      LOOKING.set(false);
      if (!WATCHED.isEmpty()) {
        begin();
      }
    }
  }

  /** All that needs the module java.management, which a runtime image may lack. */
  private static final class Threads {
    static final boolean AVAILABLE = ModuleLayer.boot().findModule("java.management").isPresent();

    private Threads() {}

    static void closeWaitedFor(Map<Long, RelayedBody> silent) {
      ThreadMXBean threads = ManagementFactory.getThreadMXBean();
      for (var info : threads.getThreadInfo(threads.getAllThreadIds(), 0)) {
        var body = info == null ? null : silent.get(info.getLockOwnerId());
        if (body != null && isClosing(threads.getThreadInfo(info.getThreadId(), FRAMES))) {
          body.close();
        }
      }
    }

    /** {@return whether a thread that waits for a lock is about to close a reader} */
    private static boolean isClosing(@Nullable ThreadInfo waiting) {
      if (waiting == null) {
        return false;
      }
      for (var frame : waiting.getStackTrace()) {
        String type = frame.getClassName();
        if (type.startsWith("java.io.")) {
          return frame.getMethodName().endsWith("lose"); // close, or implClose of JDK 21 to 23.
        }
        if (!type.startsWith("java.util.concurrent.") && !type.startsWith("jdk.internal.")) {
          return false;
        }
      }
      return false;
    }
  }
}
