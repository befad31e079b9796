package io.dstm.tep.internal.replay;

import io.dstm.tep.internal.rules.Policy;
import io.dstm.tep.internal.table.BindingTable;
import java.util.List;

/**
 * What packets are judged by.
 *
 * @param bindings the bindings, which never end
 * @param policy settings and limits
 * @param ignored what the file says and nobody here understands, as JSON pointers
 */
record ReplayTable(BindingTable bindings, Policy policy, List<String> ignored) {}
