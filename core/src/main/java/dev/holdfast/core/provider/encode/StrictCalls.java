package dev.holdfast.core.provider.encode;

import dev.holdfast.core.stream.ToolCall;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/** Tool calls as a strict client assembles them: by the index alone, pieces put together. */
final class StrictCalls {
  private final SortedMap<Long, Call> calls = new TreeMap<>();
  private final boolean blankIsObject;
  private boolean broken;

  /** Takes calls; {@code blankIsObject} where a call begins with the empty object. */
  StrictCalls(boolean blankIsObject) {
    this.blankIsObject = blankIsObject;
  }

  private static final class Call {
    private String id = "";
    private String name = "";
    private final StringBuilder arguments = new StringBuilder();
  }

  /** Takes a piece; an index below zero is missing. */
  void piece(long index, String id, String name, String arguments) {
    broken |= index < 0;
    var call = calls.computeIfAbsent(index, unused -> new Call());
    broken |= !id.isEmpty() && !call.id.isEmpty() && !id.equals(call.id);
    broken |= !name.isEmpty() && !call.name.isEmpty();
    call.id = id.isEmpty() ? call.id : id;
    call.name = name.isEmpty() ? call.name : name;
    call.arguments.append(arguments);
  }

  /** Something came that a strict client cannot take. */
  void broken() {
    broken = true;
  }

  /** {@return whether these are the calls} */
  boolean are(List<ToolCall> whole) {
    if (broken || calls.size() != whole.size()) {
      return false;
    }
    int at = 0;
    for (var call : calls.values()) {
      var expected = whole.get(at++);
      boolean same =
          call.id.equals(expected.id())
              && call.name.equals(expected.name())
              && (call.arguments.toString().equals(expected.arguments())
                  || (blankIsObject
                      && call.arguments.isEmpty()
                      && expected.arguments().equals("{}")));
      if (!same || call.id.isEmpty()) {
        return false;
      }
    }
    return true;
  }
}
