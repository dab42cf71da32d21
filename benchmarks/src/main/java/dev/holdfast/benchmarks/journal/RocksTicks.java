package dev.holdfast.benchmarks.journal;

import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Random;
import org.rocksdb.Options;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;
import org.rocksdb.WriteBatch;
import org.rocksdb.WriteOptions;

/** The same ticks into RocksDB: one synced write batch each, keys of stream and sequence. */
final class RocksTicks implements Ticks {
  private final Options options = new Options().setCreateIfMissing(true);
  private final WriteOptions synced = new WriteOptions().setSync(true);
  private final RocksDB db;
  private final long[] next = new long[JournalBenchmark.STREAMS];
  private final byte[][] events = new byte[64][JournalBenchmark.EVENT_BYTES];
  private int stream;

  RocksTicks(Path directory) throws RocksDBException {
    RocksDB.loadLibrary();
    var random = new Random(1);
    for (byte[] event : events) {
      random.nextBytes(event);
    }
    db = RocksDB.open(options, directory.toString());
  }

  @Override
  public void begin() throws RocksDBException {
    try (var batch = new WriteBatch()) {
      for (int i = 0; i < JournalBenchmark.TICK; i++) {
        byte[] key = ByteBuffer.allocate(24).putLong(stream).putLong(16, next[stream]++).array();
        batch.put(key, events[i & 63]);
        stream = (stream + 1) % next.length;
      }
      db.write(synced, batch);
    }
  }

  @Override
  public void await() {
    // A write returns when it is on the disk.
  }

  @Override
  public void close() {
    db.close();
    synced.close();
    options.close();
  }
}
