package dev.holdfast.cli.stream;

import dev.holdfast.core.provider.Dialects;
import java.util.Iterator;

/** The protocols that Holdfast can read, for shells to complete. */
public final class DialectIds implements Iterable<String> {
  @Override
  public Iterator<String> iterator() {
    return Dialects.ids().iterator();
  }
}
