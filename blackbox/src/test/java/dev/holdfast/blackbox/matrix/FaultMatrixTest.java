package dev.holdfast.blackbox.matrix;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.testkit.fault.Fault;
import dev.holdfast.testkit.fault.Protocol;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The promise, fault by fault: complete and exactly once, or told precisely why not. */
@Timeout(1200)
@Tag("slow")
class FaultMatrixTest {
  /** Every event of the answer, not just the places where something may change. */
  private static final boolean FULL = "full".equals(System.getProperty("holdfast.matrix"));

  /** Names of faults, to look at a few of them; all without. */
  private static final String ONLY = System.getProperty("holdfast.faults", "");

  private static boolean isAsked(Fault fault) {
    return ONLY.isEmpty() || List.of(ONLY.split(",", -1)).contains(fault.id());
  }

  @ParameterizedTest
  @EnumSource
  void everyFaultIsNamedAndHealedOrReportedWithThePrefix(Sending sending) throws Exception {
    List<Observed> all;
    try (var bench = new Bench(sending)) {
      var cells = FULL ? FaultCells.full() : FaultCells.representative();
      all = bench.runAll(cells.stream().filter(cell -> isAsked(cell.fault())).toList());
    }
    var struck = all.stream().filter(Observed::struck).toList();
    System.out.println(summary(struck) + ", over " + sending);

    assertThat(all)
        .flatExtracting(seen ->
            FaultJudge.complaints(seen).stream()
                .map(wrong -> seen.cell().id() + " | " + wrong)
                .toList())
        .isEmpty();
    assertThat(struckFaults(struck)).isEqualTo(applicableFaults());
  }

  private static String summary(List<Observed> cells) {
    long complete = cells.stream().filter(seen -> seen.outcome().isComplete()).count();
    long recovered =
        cells.stream()
            .filter(seen -> seen.outcome().isComplete() && seen.outcome().attempts().size() > 1)
            .count();
    return "fault matrix: %d cells, %d whole at once, %d recovered, %d told with their prefix"
        .formatted(cells.size(), complete - recovered, recovered, cells.size() - complete);
  }

  /** A fault that strikes nowhere would prove nothing. */
  private static Map<Protocol, Set<String>> struckFaults(List<Observed> struck) {
    return struck.stream()
        .collect(
            Collectors.groupingBy(
                seen -> seen.cell().lane().protocol(),
                () -> new EnumMap<>(Protocol.class),
                Collectors.mapping(
                    seen -> seen.cell().fault().id(), Collectors.toCollection(TreeSet::new))));
  }

  private static Map<Protocol, Set<String>> applicableFaults() {
    var all = new EnumMap<Protocol, Set<String>>(Protocol.class);
    for (Protocol protocol : Protocol.spoken()) {
      all.put(
          protocol,
          Fault.examples().stream()
              .filter(fault -> fault.appliesTo(protocol))
              .filter(fault -> !ConnectionMatrixTest.FAULTS.contains(fault.id()))
              .filter(FaultCells::isRead)
              .filter(FaultMatrixTest::isAsked)
              .map(Fault::id)
              .collect(Collectors.toCollection(TreeSet::new)));
    }
    return all;
  }
}
