package dev.holdfast.core.dialect;

/** A protocol whose answers can also come as one JSON document instead of a stream. */
public interface DocumentDialect extends Dialect {
  /** {@return how an answer is read that comes as one document instead of a stream} */
  Dialect whole();
}
