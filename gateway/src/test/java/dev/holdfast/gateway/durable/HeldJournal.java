package dev.holdfast.gateway.durable;

import dev.holdfast.core.spi.Journal;
import dev.holdfast.core.spi.JournalBatch;
import dev.holdfast.core.spi.JournalOffset;
import dev.holdfast.core.spi.JournalRefusal;
import dev.holdfast.core.spi.StreamId;
import dev.holdfast.testkit.journal.MemoryJournal;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** A journal in memory whose operations the test holds back, or has refused. */
final class HeldJournal {
  private interface Operation {
    void run() throws Throwable;
  }

  final MemoryJournal memory;
  final Journal journal;
  final Map<String, Integer> calls = new HashMap<>();

  /** Methods that are refused, and why. */
  final Map<String, JournalRefusal.Reason> refused = new HashMap<>();

  /** Whether what is appended waits for {@link #store} or {@link #refuse}. */
  boolean holds;

  private final ArrayDeque<Operation> held = new ArrayDeque<>();
  private final ArrayDeque<Object[]> appends = new ArrayDeque<>();
  private final ArrayDeque<Journal.Receipt> receipts = new ArrayDeque<>();

  HeldJournal(MemoryJournal memory) {
    this.memory = memory;
    journal =
        (Journal)
            Proxy.newProxyInstance(
                Journal.class.getClassLoader(),
                new Class<?>[] {Journal.class},
                (proxy, method, arguments) -> {
                  String name = method.getName();
                  calls.merge(name, 1, Integer::sum);
                  var reason = refused.get(name);
                  if (reason != null
                      && arguments[arguments.length - 1] instanceof Journal.Receipt receipt) {
                    receipt.onRefused(new JournalRefusal(reason, "by the test"));
                    return null;
                  }
                  if (reason != null) {
                    throw new IllegalStateException("by the test");
                  }
                  Operation operation = () -> method.invoke(memory, arguments);
                  if (holds
                      && name.equals("append")
                      && arguments[arguments.length - 1] instanceof Journal.Receipt receipt) {
                    held.add(operation);
                    appends.add(arguments);
                    receipts.add(receipt);
                    return null;
                  }
                  try {
                    return method.invoke(memory, arguments);
                  } catch (InvocationTargetException e) {
                    throw e.getCause();
                  }
                });
  }

  int calls(String method) {
    return calls.getOrDefault(method, 0);
  }

  /** Stores the oldest append that is held back. */
  void store() throws Exception {
    receipts.remove();
    appends.remove();
    try {
      held.remove().run();
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }

  /** Stores all that is held back in one commit: each receipt has the tail after all of them. */
  void storeTogether() {
    var reported = List.copyOf(receipts);
    receipts.clear();
    var tails = new ArrayList<JournalOffset>();
    for (var append : appends) {
      memory.append(
          (StreamId) append[0],
          (JournalBatch) append[1],
          new Journal.Receipt() {
            @Override
            public void onStored(JournalOffset tail) {
              tails.add(tail);
            }

            @Override
            public void onRefused(JournalRefusal refusal) {
              throw new IllegalStateException(refusal.detail());
            }
          });
    }
    held.clear();
    appends.clear();
    reported.forEach(receipt -> receipt.onStored(tails.getLast()));
  }

  /** Refuses the oldest append that is held back. */
  void refuse(JournalRefusal.Reason reason) {
    held.remove();
    appends.remove();
    receipts.remove().onRefused(new JournalRefusal(reason, "by the test"));
  }
}
