trigger InstallationTrigger on Installation__c (after update) {
    OrderSync.request(Trigger.new);
}
