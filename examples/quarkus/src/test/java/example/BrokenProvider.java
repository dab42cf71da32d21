package example;

import dev.holdfast.testkit.scenario.Scenario;
import dev.holdfast.testkit.server.FaultServer;
import io.quarkus.test.common.QuarkusTestResourceLifecycleManager;
import java.nio.file.Path;
import java.util.Map;

/** A provider that breaks its answers as its scenario file has it. */
public final class BrokenProvider implements QuarkusTestResourceLifecycleManager {
  private FaultServer server;

  @Override
  public Map<String, String> start() {
    server = FaultServer.builder().scenario(Scenario.load(Path.of("src/test/resources/tide.yaml"))).start();
    return Map.of("quarkus.langchain4j.openai.base-url", server.baseUrl().toString());
  }

  @Override
  public void inject(TestInjector injector) {
    injector.injectIntoFields(server, new TestInjector.MatchesType(FaultServer.class));
  }

  @Override
  public void stop() {
    server.close();
  }
}
