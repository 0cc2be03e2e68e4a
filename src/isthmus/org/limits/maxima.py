"""Maxima: every limit that `/limits` names, in the wire's order, with what a Developer Edition org is
allowed.

Source: REST API Developer Guide, Limits (names, and the sample of a Developer Edition org); Salesforce
Developer Limits and Allocations Quick Reference.
"""

from collections.abc import Mapping
from typing import Final

API_REQUESTS: Final = "DailyApiRequests"
EVENTS_PUBLISHED: Final = "HourlyPublishedPlatformEvents"
EVENTS_DELIVERED: Final = "DailyDeliveredPlatformEvents"
"""To CometD clients, each of which counts by itself."""
STANDARD_EVENTS_PUBLISHED: Final = "HourlyPublishedStandardVolumePlatformEvents"
STANDARD_EVENTS_DELIVERED: Final = "DailyStandardVolumePlatformEvents"
COMETD_CLIENTS: Final = "DurableStreamingApiConcurrentClients"
"""From API 37.0 on, every client is a durable one."""

DEVELOPER_EDITION: Final[Mapping[str, int]] = {
    "ActiveScratchOrgs": 3,
    "AnalyticsExternalDataSizeMB": 40_960,
    "ConcurrentAsyncGetReportInstances": 200,
    "ConcurrentEinsteinDataInsightsStoryCreation": 5,
    "ConcurrentEinsteinDiscoveryStoryCreation": 2,
    "ConcurrentSyncReportRuns": 20,
    "DailyAnalyticsDataflowJobExecutions": 60,
    "DailyAnalyticsUploadedFilesSizeMB": 51_200,
    "DailyApiRequests": 15_000,
    "DailyAsyncApexExecutions": 250_000,
    "DailyAsyncApexTests": 500,
    "DailyBulkApiBatches": 15_000,
    "DailyBulkV2QueryFileStorageMB": 976_562,
    "DailyBulkV2QueryJobs": 10_000,
    "DailyDeliveredPlatformEvents": 10_000,
    "DailyDurableGenericStreamingApiEvents": 10_000,
    "DailyDurableStreamingApiEvents": 10_000,
    "DailyEinsteinDataInsightsStoryCreation": 1_000,
    "DailyEinsteinDiscoveryPredictAPICalls": 50_000,
    "DailyEinsteinDiscoveryPredictionsByCDC": 500_000,
    "DailyEinsteinDiscoveryStoryCreation": 100,
    "DailyFunctionsApiCallLimit": 235_000,
    "DailyGenericStreamingApiEvents": 10_000,
    "DailyScratchOrgs": 6,
    "DailyStandardVolumePlatformEvents": 10_000,
    "DailyStreamingApiEvents": 10_000,
    "DailyWorkflowEmails": 100_000,
    "DataStorageMB": 5,
    "DurableStreamingApiConcurrentClients": 20,
    "FileStorageMB": 20,
    "HourlyAsyncReportRuns": 1_200,
    "HourlyDashboardRefreshes": 200,
    "HourlyDashboardResults": 5_000,
    "HourlyDashboardStatuses": 999_999_999,
    "HourlyLongTermIdMapping": 100_000,
    "HourlyManagedContentPublicRequests": 50_000,
    "HourlyODataCallout": 20_000,
    "HourlyPublishedPlatformEvents": 50_000,
    "HourlyPublishedStandardVolumePlatformEvents": 1_000,
    "HourlyShortTermIdMapping": 100_000,
    "HourlySyncReportRuns": 500,
    "HourlyTimeBasedWorkflow": 50,
    "MassEmail": 10,
    "MonthlyEinsteinDiscoveryStoryCreation": 500,
    "MonthlyPlatformEventsUsageEntitlement": 0,
    "Package2VersionCreates": 6,
    "Package2VersionCreatesWithoutValidation": 500,
    "PermissionSets": 1_500,
    "PlatformEventTriggersWithParallelProcessing": 5,
    "PrivateConnectOutboundCalloutHourlyLimitMB": 0,
    "PublishCallbackUsageInApex": 5,
    "SingleEmail": 15,
    "StreamingApiConcurrentClients": 20,
}

LONG_REQUESTS: Final = "ConcurrentLongRequests"
UNREPORTED: Final[Mapping[str, int]] = {LONG_REQUESTS: 5}
"""Limits that `/limits` does not name: requests that take 20 seconds and more, at the same time."""

PARTS: Final[Mapping[str, Mapping[str, int]]] = {"PermissionSets": {"CreateCustom": 1_000}}
"""Limits within a limit."""
