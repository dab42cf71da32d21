package dev.holdfast.cli.stream;

import dev.holdfast.core.provider.Dialects;
import java.util.Iterator;

/** The protocols that Holdfast can send, for shells to complete. */
public final class ProtocolIds implements Iterable<String> {
  @Override
  public Iterator<String> iterator() {
    return Dialects.chatIds().iterator();
  }
}
