package io.dstm.shell.internal;

import io.dstm.api.management.Query;
import io.dstm.api.net.Ipv4Address;
import io.dstm.api.net.Ipv4Prefix;
import org.apache.karaf.shell.api.action.lifecycle.Service;

/** Completes IPv4 addresses that are lent. */
@Service
public class AddressCompleter extends NodeCompleter {

    /** Made by the shell. */
    public AddressCompleter() {
        super(
                lease -> lease.address().toString(),
                binding -> binding.key().address().toString());
    }

    /** The whole numbers of what is typed are a prefix; the one under the cursor may still grow. */
    @Override
    Query query(String typed) {
        String[] numbers = typed.split("\\.", -1);
        StringBuilder address = new StringBuilder();
        for (int i = 0; i < 4; i++) {
            address.append(i == 0 ? "" : ".").append(i < numbers.length - 1 ? numbers[i] : "0");
        }
        return Ipv4Address.tryParse(address.toString())
                .filter(parsed -> numbers.length <= 4)
                .map(parsed -> new Query(null, new Ipv4Prefix(parsed, 8 * (numbers.length - 1)), 0, MOST))
                .orElseGet(() -> Query.first(MOST));
    }
}
