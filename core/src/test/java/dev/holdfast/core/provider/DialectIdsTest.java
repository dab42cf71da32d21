package dev.holdfast.core.provider;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.reflect.Modifier;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class DialectIdsTest {
  @Test
  void eachProtocolHasAConstantAndEachConstantAProtocol() throws IllegalAccessException {
    List<String> constants = new ArrayList<>();
    for (var field : Arrays.asList(Dialects.class.getFields())) {
      if (Modifier.isStatic(field.getModifiers()) && field.getType() == String.class) {
        constants.add((String) field.get(null));
        assertThat(field.getName())
            .isEqualTo(constants.getLast().toUpperCase(java.util.Locale.ROOT).replace('-', '_'));
      }
    }
    assertThat(constants).containsExactlyElementsOf(Dialects.ids());
    for (String id : constants) {
      assertThat(Dialects.byId(id).id()).isEqualTo(id);
      assertThat(Dialects.byId(id)).isSameAs(Dialects.byId(id));
    }
  }
}
